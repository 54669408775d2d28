"""People ask in every way there is and press every button, after a restart too: the real program, a real socket."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.markup import plain
from bot.texts import ENGLISH, FRENCH
from index.build import build
from index.feedback import FEEDBACK_FILE
from index.settings import IndexSettings
from tests.bot.conftest import LIGHTHOUSE, Start
from tests.standin import Discord, buttons, captions, contract, is_private, quotes, text_of
from tests.standin.payloads import (
    BASTIEN,
    BOT_ID,
    BOT_ROLE,
    DIRECT,
    FORBIDDEN,
    GENERAL,
    OTHER_BOT,
    QUESTIONS,
    THREAD,
    TOKEN,
)
from tests.standin.program import Program
from tests.standin.rest import FORM, REPLY, UPDATE

BUILT = "When was the lighthouse of Ploumanac'h built?"
KEEPER = "Who is the keeper of the lighthouse?"
UNANSWERABLE = "How many moons does the planet Jupiter have?"
USERS = iter(range(500000000000000001, 500000000000000999))
"""Somebody new for each question, so that the cooldown is met only where a test looks for it."""


@pytest.fixture(scope="module")
def bot(start: Start) -> Program:
    return start(ANSWER_CHANNELS="")


@pytest.fixture(autouse=True)
def _running(bot: Program) -> None:
    """Every test here needs the bot."""


def test_no_privileged_intent_is_asked_for(discord: Discord):
    guilds, guild_messages, direct_messages = 1 << 0, 1 << 9, 1 << 12
    assert next(iter(discord.gateway.sessions.values())).intents == guilds | guild_messages | direct_messages


def test_the_commands_speak_french_where_discord_does(discord: Discord):
    commands = {command["name"]: command for command in discord.rest.commands}
    assert set(commands) == {"ask", "Find the answer", "sources", "about", "help", "forget-me"}
    assert commands["ask"]["name_localizations"] == {"fr": "demander"}
    assert commands["ask"]["options"][1]["name_localizations"] == {"fr": "privé"}
    assert commands["Find the answer"]["name_localizations"] == {"fr": "Trouver la réponse"}


def ask(discord: Discord, question: str, **fields):
    return discord.shown(discord.slash("ask", by=next(USERS), question=question, **fields))


def test_a_question_is_answered_in_the_channel_with_its_source(discord: Discord, texts_of):
    interaction = discord.slash("ask", question=BUILT, by=next(USERS))
    message = discord.shown(interaction)
    assert interaction.response == REPLY
    assert interaction.seconds < 3
    assert not is_private(message)
    assert "**Question:** When was the lighthouse of Ploumanac'h built?" in text_of(message)
    first = quotes(message)[0]
    assert first.startswith("> **The lighthouse of Ploumanac'h was built in 1946 by the architect Henri Auffret.**")
    assert plain(first) in texts_of["lighthouse.md"]
    words = "The%20lighthouse%20of%20Ploumanac%27h%20was%20built%20in%201946%20by%20the%20architect%20Henri%20Auffret."
    assert captions(message)[0] == (
        "-# **The lighthouse of Ploumanac'h** · paragraph 2 · 2026-02-24 · "
        f"[open at these words](https://example.org/lighthouse#:~:text={words})"
    )


def test_a_private_question_is_seen_by_the_asker_alone(discord: Discord):
    assert is_private(ask(discord, BUILT, private=True))


def test_the_interface_speaks_french_to_a_french_reader(discord: Discord):
    message = ask(discord, UNANSWERABLE, locale="fr")
    assert FRENCH.abstention in text_of(message)
    assert [b["label"] for b in buttons(message)][-3:] == [FRENCH.next, FRENCH.helpful, FRENCH.not_helpful]


def test_a_french_question_is_answered_by_a_french_document(discord: Discord, texts_of):
    message = ask(discord, "À quelle heure ouvre la boulangerie de la place ?", locale="fr")
    assert plain(quotes(message)[0]) in texts_of["boulangerie.md"]
    assert "six heures du matin" in quotes(message)[0]


def test_an_unanswerable_question_is_told_so(discord: Discord):
    message = ask(discord, UNANSWERABLE)
    assert ENGLISH.abstention in text_of(message)
    assert ENGLISH.nearest in text_of(message)


def test_a_hostile_document_is_shown_as_it_is_written(discord: Discord, texts_of):
    message = ask(discord, "Quel est le secret du pain de seigle ?")
    found = next(quote for quote in quotes(message) if "levain" in quote)
    assert plain(found) in texts_of["boulangerie.md"]
    assert r"> 1\. \<\@400000000000000001\> pétrit" in found
    assert r"\@everyone" in next(caption for caption in captions(message) if "Au bon pain" in caption)


def test_a_greeting_gets_a_greeting(discord: Discord):
    assert text_of(ask(discord, "Hello!")) == ENGLISH.small_talk


@pytest.mark.parametrize("question", ["???", "🙂🙂", "\u200b\u200b", "a" * 2000 + "?" * 4000])
def test_what_is_no_question_gets_one_friendly_line(discord: Discord, question: str):
    message = ask(discord, question)
    assert text_of(message) == ENGLISH.bad_question
    assert is_private(message)


def test_a_mention_is_answered_in_a_reply_once_and_without_a_ping(discord: Discord):
    asked = discord.say(f"<@{BOT_ID}> {KEEPER}", by=next(USERS))
    reply = discord.reply_to(asked)
    assert "Marie Le Goff" in text_of(reply)
    sent = next(r for r in discord.requests(f"POST /channels/{GENERAL}/messages") if r.body["nonce"] == asked["id"])
    assert sent.body["allowed_mentions"] == {"parse": [], "replied_user": False}
    assert sent.body["enforce_nonce"] is True
    assert any(channel == GENERAL for _, channel in discord.rest.typing)


def test_a_mention_in_french_is_answered_in_french(discord: Discord):
    reply = discord.reply_to(discord.say(f"À qui appartient la boulangerie de la place ? <@{BOT_ID}>", by=next(USERS)))
    assert "Jeanne Kervella" in text_of(reply)
    assert FRENCH.more_context in [b["label"] for b in buttons(reply)]


def test_a_direct_message_is_answered(discord: Discord):
    assert "1946" in text_of(discord.reply_to(discord.say(BUILT, channel=DIRECT, by=next(USERS))))


def test_a_reply_to_the_bot_is_understood_with_what_was_asked_before(discord: Discord):
    first = discord.reply_to(discord.say(f"<@{BOT_ID}> Who is the keeper of the lighthouse?", by=next(USERS)))
    followed = discord.reply_to(discord.say("and when was it built?", reply_to=first, by=next(USERS)))
    assert "1946" in text_of(followed)


def test_a_reply_whose_text_discord_withholds_is_told_how_to_ask(discord: Discord):
    first = discord.reply_to(discord.say(f"<@{BOT_ID}> {KEEPER}", by=next(USERS)))
    told = discord.reply_to(discord.say("and when?", reply_to=first, ping=False, by=next(USERS)))
    assert text_of(told) == ENGLISH.unreadable_reply


def test_a_thread_is_one_conversation(discord: Discord):
    discord.reply_to(discord.say(f"<@{BOT_ID}> {KEEPER}", channel=THREAD, by=next(USERS)))
    reply = discord.reply_to(discord.say(f"<@{BOT_ID}> and when was it built?", channel=THREAD, by=next(USERS)))
    assert "1946" in text_of(reply)


def test_a_private_question_in_a_thread_does_not_colour_what_others_ask(discord: Discord):
    ask(discord, KEEPER, channel=THREAD)
    ask(discord, "When did the fog horn go silent?", channel=THREAD, private=True)
    reply = discord.reply_to(discord.say(f"<@{BOT_ID}> and who?", channel=THREAD, by=next(USERS)))
    assert "Marie Le Goff" in text_of(reply)


@pytest.mark.parametrize(("channel", "mention"), [(DIRECT, ""), (GENERAL, f"<@{BOT_ID}> ")])
def test_refusals_speak_the_language_of_the_words(discord: Discord, channel: int, mention: str):
    user = next(USERS)
    question = f"{mention}Qui possède la boulangerie de la place ?"
    asked = [discord.say(question, channel=channel, by=user) for _ in range(9)]
    assert text_of(discord.reply_to(asked[5])).startswith("Un instant, s’il vous plaît")
    ask(discord, KEEPER)
    assert [discord.replies_to(message) for message in asked[6:]] == [[]] * 3  # Being told once is enough.


def test_what_asks_nothing_counts_as_a_question(discord: Discord):
    user = next(USERS)
    empty = [discord.say(f"<@{BOT_ID}>", by=user) for _ in range(9)]
    assert [text_of(discord.reply_to(message)) for message in empty[:5]] == [ENGLISH.nothing_asked] * 5
    assert text_of(discord.reply_to(empty[5])).startswith("One moment")
    ask(discord, KEEPER)
    assert [discord.replies_to(message) for message in empty[6:]] == [[]] * 3


def test_who_and_what_a_question_mentions_has_a_name_in_it(discord: Discord):
    asked = ask(discord, f"Who wrote in <#{GENERAL}> about </ask:1>? <:logo:300000000000000001>")
    assert r"Who wrote in \#general about /ask?" in text_of(asked)
    first = discord.reply_to(discord.say(f"<@{BOT_ID}> {KEEPER}", by=next(USERS)))
    other = discord.reply_to(discord.say(f"<@{BOT_ID}> who is <@{BASTIEN}>?", reply_to=first, by=next(USERS)))
    assert "Marie Le Goff" not in text_of(other).partition(ENGLISH.nearest)[0]


def test_what_a_message_quotes_is_not_what_it_asks(discord: Discord):
    asked = discord.say(f"> {BUILT}\n<@{BOT_ID}> {KEEPER}", by=next(USERS))
    assert "Marie Le Goff" in quotes(discord.reply_to(asked))[0]
    asked = discord.say(f"<@{BOT_ID}>\n> {KEEPER}", by=next(USERS))
    assert "Marie Le Goff" in quotes(discord.reply_to(asked))[0]


def test_a_forwarded_message_is_read(discord: Discord):
    forwarded = {"message_snapshots": [{"message": snapshot(KEEPER)}], "flags": 1 << 14}
    asked = discord.say("", channel=DIRECT, by=next(USERS), **forwarded)
    assert "Marie Le Goff" in text_of(discord.reply_to(asked))
    asked = discord.say("", by=BASTIEN, **forwarded)
    assert "Marie Le Goff" in text_of(discord.shown(discord.menu("Find the answer", asked, by=next(USERS))))


def snapshot(content: str) -> dict[str, object]:
    moment = "2026-11-29T00:00:00+00:00"
    lists = {name: [] for name in ("embeds", "attachments", "components", "mentions", "mention_roles")}
    return {"type": 0, "content": content, "timestamp": moment, "edited_timestamp": None, "flags": 0} | lists


def test_an_empty_mention_is_asked_what_it_wants(discord: Discord):
    assert text_of(discord.reply_to(discord.say(f"<@{BOT_ID}>", by=next(USERS)))) == ENGLISH.nothing_asked


def test_nobody_else_is_answered(discord: Discord):
    quiet = [
        discord.say(BUILT),
        discord.say(BUILT, channel=QUESTIONS),
        discord.say(f"<@&{BOT_ROLE}> {BUILT}", mention_roles=[str(BOT_ROLE)]),
        discord.say(f"<@{BOT_ID}> {BUILT}", by=OTHER_BOT),
        discord.say(f"<@{BOT_ID}> {BUILT}", webhook_id="1"),
        discord.say(f"<@{BOT_ID}> {BUILT}", type=7),
    ]
    ask(discord, KEEPER)
    assert [discord.replies_to(message) for message in quiet] == [[]] * len(quiet)


def test_the_context_menu_answers_anybodys_message_for_the_one_who_clicks(discord: Discord):
    asked = discord.say(BUILT, by=BASTIEN)
    message = discord.shown(discord.menu("Find the answer", asked, by=next(USERS)))
    assert is_private(message)
    assert "1946" in text_of(message)


def test_the_context_menu_on_a_picture_says_that_there_is_no_text(discord: Discord):
    picture = discord.say("", by=BASTIEN)
    assert text_of(discord.shown(discord.menu("Find the answer", picture, by=next(USERS)))) == ENGLISH.no_text


def test_a_channel_without_permission_is_named_in_the_log(discord: Discord, bot: Program):
    for times, question in enumerate((KEEPER, ""), start=1):
        discord.say(f"<@{BOT_ID}> {question}", channel=FORBIDDEN, by=next(USERS))
        bot.wait_for(f"No permission to answer in channel {FORBIDDEN}", times=times)
    assert "Traceback" not in bot.output


def test_more_context_shows_the_neighbours_and_turns_pages(discord: Discord, texts_of):
    message = ask(discord, KEEPER)
    position = next(number for number, quote in enumerate(quotes(message)) if "Marie Le Goff" in quote)
    assert position == 0
    context = discord.shown(discord.click(message, ENGLISH.more_context))
    assert is_private(context)
    assert [re.search(r"paragraph (\d)", caption)[1] for caption in captions(context)] == ["2", "3", "4"]
    later = discord.click(context, ENGLISH.later)
    assert [re.search(r"paragraph (\d)", caption)[1] for caption in captions(discord.shown(later))] == ["4", "5", "6"]
    assert later.response == UPDATE
    assert all(plain(quote) in texts_of["lighthouse.md"] for quote in quotes(context))


def test_next_passages_turn_forward_and_back_and_repeat_nothing(discord: Discord):
    message = ask(discord, UNANSWERABLE)
    pages = [quotes(message)]
    page = discord.shown(discord.click(message, ENGLISH.next))
    assert is_private(page)
    pages.append(quotes(page))
    page = discord.shown(discord.click(page, ENGLISH.next))
    pages.append(quotes(page))
    seen = [plain(quote) for quotes_shown in pages for quote in quotes_shown]
    assert len(seen) == len(set(seen)) == 8
    back = discord.shown(discord.click(page, ENGLISH.previous))
    assert quotes(back) == pages[1]


def test_a_cut_passage_can_be_read_to_its_end(discord: Discord, texts_of):
    message = ask(discord, "What is the combination of the old safe?")
    part = next(quote for quote in quotes(message) if "seven four nine" in quote)
    assert "excerpt" in captions(message)[0]
    text, page = plain(part), message
    while True:
        page = discord.shown(discord.click(page, ENGLISH.read_on))
        text += plain(quotes(page)[0])
        if ENGLISH.read_on not in [b["label"] for b in buttons(page)]:
            break
    assert text == texts_of["hidden.txt"].strip()


def test_an_opinion_is_kept_and_a_reason_too(discord: Discord):
    message = ask(discord, KEEPER)
    thanks = discord.shown(discord.click(message, ENGLISH.helpful))
    assert (text_of(thanks), is_private(thanks)) == (ENGLISH.thanks, True)
    clicked = discord.click(message, ENGLISH.not_helpful)
    form = discord.wait(lambda: clicked.form, "a form")
    assert clicked.response == FORM
    assert text_of(discord.shown(discord.fill(form, "It was another keeper"))) == ENGLISH.thanks_reason
    assert text_of(discord.shown(discord.fill(form, " "))) == ENGLISH.thanks


def test_a_private_answer_is_shared_as_it_was_seen(discord: Discord):
    message = ask(discord, KEEPER, private=True)
    seen = quotes(message)
    clicked = discord.click(message, ENGLISH.share)
    shared = discord.wait(lambda: clicked.followups, "the shared answer")[0]
    assert not is_private(shared)
    assert quotes(shared) == seen
    assert "Shared by Anna" in text_of(shared)
    assert ENGLISH.share not in [b["label"] for b in buttons(message)]


def test_sources_lists_and_shows_documents(discord: Discord):
    listed = discord.shown(discord.slash("sources", by=next(USERS)))
    assert is_private(listed)
    assert "**[The lighthouse of Ploumanac'h](https://example.org/lighthouse)**" in text_of(listed)
    assert "8 passages" in text_of(listed)
    suggested = discord.suggest("sources", document="light")
    choices = discord.wait(lambda: suggested.choices, "suggestions")
    assert [choice["name"] for choice in choices] == ["The lighthouse of Ploumanac'h"]
    shown = discord.shown(discord.slash("sources", by=next(USERS), document=choices[0]["value"]))
    assert plain(quotes(shown)[0]).startswith("The village of Ploumanac'h")
    unknown = discord.shown(discord.slash("sources", by=next(USERS), document="nothing"))
    assert text_of(unknown) == ENGLISH.source_unknown


def test_about_and_help_speak_both_languages(discord: Discord):
    about = text_of(discord.shown(discord.slash("about", by=next(USERS))))
    assert "Documents: **3**" in about
    assert re.search(r"Answer time: \*\*\d+ ms\*\* \(median\)", about)
    assert text_of(discord.shown(discord.slash("help", by=next(USERS), locale="fr"))) == FRENCH.help


def test_forget_me_deletes_what_was_kept(discord: Discord):
    user = next(USERS)
    message = discord.shown(discord.slash("ask", question=KEEPER, by=user))
    discord.shown(discord.click(message, ENGLISH.helpful, by=user))
    told = text_of(discord.shown(discord.slash("forget-me", by=user)))
    assert told == ENGLISH.forgotten.format(answers=1, verdicts=1)
    assert text_of(discord.shown(discord.slash("forget-me", by=user))) == ENGLISH.nothing_to_forget
    assert text_of(discord.shown(discord.click(message, ENGLISH.helpful, by=user))) == ENGLISH.gone


def test_forget_me_deletes_a_question_with_a_greeting_before_somebody_elses_too(discord: Discord, data: Path):
    user = next(USERS)
    first = discord.reply_to(discord.say(f"<@{BOT_ID}> Hello, who is the keeper of Ploumanac'h?", by=user))
    discord.reply_to(discord.say("and when was it built?", reply_to=first, by=next(USERS)))
    with closing(sqlite3.connect(data / FEEDBACK_FILE)) as base:
        before = "SELECT count(*) FROM answers WHERE previous LIKE '%keeper of Ploumanac%'"
        assert base.execute(before).fetchone() == (1,)
        discord.shown(discord.slash("forget-me", by=user))
        assert base.execute(before).fetchone() == (0,)


def test_a_reason_for_an_answer_that_was_forgotten_is_not_said_to_be_noted(discord: Discord):
    user = next(USERS)
    message = discord.shown(discord.slash("ask", question=KEEPER, by=user))
    judged = discord.click(message, ENGLISH.not_helpful, by=user)
    form = discord.wait(lambda: judged.form, "a form")
    discord.shown(discord.slash("forget-me", by=user))
    assert text_of(discord.shown(discord.fill(form, "too late", by=user))) == ENGLISH.gone


def test_forget_me_deletes_what_somebody_else_looked_up(discord: Discord):
    author, reader = next(USERS), next(USERS)
    asked = discord.say(BUILT, by=author)
    message = discord.shown(discord.menu("Find the answer", asked, by=reader))
    assert text_of(discord.shown(discord.slash("forget-me", by=reader))) == ENGLISH.nothing_to_forget
    told = text_of(discord.shown(discord.slash("forget-me", by=author)))
    assert told == ENGLISH.forgotten.format(answers=1, verdicts=0)
    assert text_of(discord.shown(discord.click(message, ENGLISH.helpful, by=reader))) == ENGLISH.gone


def test_what_a_program_wrote_is_kept_as_of_the_one_who_looks_it_up(discord: Discord):
    reader = next(USERS)
    discord.shown(discord.menu("Find the answer", discord.say(BUILT, by=OTHER_BOT), by=reader))
    told = text_of(discord.shown(discord.slash("forget-me", by=reader)))
    assert told == ENGLISH.forgotten.format(answers=1, verdicts=0)


def test_asking_too_often_is_slowed_down_with_a_moment_to_wait_for(discord: Discord):
    user = next(USERS)
    shown = [discord.shown(discord.slash("ask", question=BUILT, by=user)) for _ in range(6)]
    assert re.fullmatch(r"One moment, please: you can ask again <t:\d+:R>\.", text_of(shown[-1]))
    assert is_private(shown[-1])
    assert all("1946" in text_of(message) for message in shown[:5])


def test_an_unknown_interaction_harms_nothing(discord: Discord):
    message = ask(discord, KEEPER)
    for forged in ("v1:context:ffffffffffff:1:abcdef", "v1:next:unknown:2", "v1:read:ffffffffffff:1:abcdef:5"):
        message["components"][-1]["components"][-1]["components"][0]["custom_id"] = forged
        label = message["components"][-1]["components"][-1]["components"][0]["label"]
        told = text_of(discord.shown(discord.click(message, label)))
        assert told in (ENGLISH.changed, ENGLISH.gone)


def test_the_log_never_holds_the_token_nor_a_question(bot: Program):
    assert TOKEN not in bot.output
    assert TOKEN.rpartition(".")[2] not in bot.output
    assert "lighthouse" not in bot.output
    assert re.search(r"answer id=\S+ way=/ask kind=answer ms=[\d.]+ confidence=[\d.]+ generation=\S+", bot.output)
    assert "Traceback" not in bot.output


@pytest.mark.skipif(not contract.DESCRIPTION.is_file(), reason="../shared/discord/openapi.json is not here")
def test_every_body_so_far_fits_discords_published_description(discord: Discord):
    bodies = [request for request in discord.rest.requests if request.body is not None]
    assert len({re.sub(r"\d{6,}|interaction-token-\S+?(?=/|$)", "*", r.path) for r in bodies}) >= 4
    assert discord.problems == []


@pytest.mark.slow
def test_a_document_added_while_it_runs_is_quoted_and_one_that_changed_is_not_mistaken(
    discord: Discord, bot: Program, library: Path, data: Path
):
    message, other = ask(discord, KEEPER), ask(discord, BUILT)
    changed = LIGHTHOUSE.replace("Marie Le Goff", "Yann Tanguy")
    changed = changed.replace("---\nThe village", "---\nThe tower is a monument.\n\nThe village")
    (library / "lighthouse.md").write_text(changed, encoding="utf-8")
    (library / "harbour.txt").write_text("The harbour master is called Soizic Riou.\n", encoding="utf-8")
    build(IndexSettings(library, data, "builtin"))
    bot.wait_for("loaded ms=")
    assert "Soizic Riou" in text_of(ask(discord, "Who is the harbour master?"))
    assert text_of(discord.shown(discord.click(message, ENGLISH.more_context))) == ENGLISH.changed
    assert "Yann Tanguy" in text_of(ask(discord, KEEPER))
    # Paragraphs have other numbers now, and what was shown is still not shown again.
    [shown] = quotes(other)
    following = quotes(discord.shown(discord.click(other, ENGLISH.next)))
    assert following
    assert shown.replace("*", "") not in following
    (library / "lighthouse.md").write_text(LIGHTHOUSE, encoding="utf-8")
    (library / "harbour.txt").unlink()
    build(IndexSettings(library, data, "builtin"))
    bot.wait_for("loaded ms=", times=2)
    assert "Marie Le Goff" in text_of(ask(discord, KEEPER))


@pytest.mark.slow
def test_old_buttons_work_after_a_restart_and_commands_are_not_sent_again(discord: Discord, bot: Program, start: Start):
    message = ask(discord, KEEPER, private=True)
    followed = discord.reply_to(discord.say(f"<@{BOT_ID}> {KEEPER}", by=next(USERS)))
    judged = discord.click(message, ENGLISH.not_helpful)
    open_form = discord.wait(lambda: judged.form, "a form")
    assert bot.stop() == 0
    assert discord.gateway.log[-1] == "closed"
    start()
    assert len(discord.requests("PUT .*/commands")) == 1
    assert quotes(discord.shown(discord.click(message, ENGLISH.more_context)))
    assert quotes(discord.shown(discord.click(message, ENGLISH.next)))
    assert text_of(discord.shown(discord.click(message, ENGLISH.helpful))) == ENGLISH.thanks
    assert text_of(discord.shown(discord.fill(open_form, "late"))) == ENGLISH.thanks_reason
    clicked = discord.click(message, ENGLISH.share)
    assert discord.wait(lambda: clicked.followups, "the shared answer")
    reply = discord.say("and when was it built?", reply_to=followed, by=next(USERS))
    assert "1946" in text_of(discord.reply_to(reply))
