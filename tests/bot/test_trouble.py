"""Slow answers, a full queue, a failing Discord, a cut cable, a stop in the middle: nobody is left without answer."""

from __future__ import annotations

import re
import time
import urllib.request

import pytest

from bot.texts import ENGLISH
from tests.bot.conftest import Start
from tests.standin import Discord, is_private, text_of
from tests.standin.payloads import BASTIEN, BOT_ID, BOT_ROLE, GENERAL, MESSAGE_CONTENT_INTENT, QUESTIONS, THREAD
from tests.standin.program import Program
from tests.standin.rest import DEFERRED, DEFERRED_UPDATE, REPLY
from tests.standin.slow_bot import QUEUE_LIMIT

KEEPER = "Who is the keeper of the lighthouse?"
USERS = iter(range(600000000000000001, 600000000000999999))
POST = f"POST /channels/{GENERAL}/messages"


@pytest.fixture(scope="module")
def bot(discord: Discord, start: Start, port: int) -> Program:
    discord.gateway.allowed_intents |= MESSAGE_CONTENT_INTENT
    channels = f"{QUESTIONS}, {THREAD}, 300000000000000077"
    return start(module="tests.standin.slow_bot", ANSWER_CHANNELS=channels, METRICS_PORT=str(port))


@pytest.fixture(autouse=True)
def _running(bot: Program) -> None:
    """Every test here needs the bot."""


def mention(discord: Discord, question: str = KEEPER, **fields):
    return discord.say(f"<@{BOT_ID}> {question}", by=next(USERS), **fields)


def test_an_answer_that_takes_longer_than_three_seconds_still_comes(discord: Discord):
    interaction = discord.slash("ask", question=f"[3.5 s] {KEEPER}", by=next(USERS), private=True)
    message = discord.shown(interaction)
    assert (interaction.response, interaction.seconds < 3) == (DEFERRED, True)
    assert "Marie Le Goff" in text_of(message)
    assert is_private(message)


def test_behind_a_slow_question_others_are_deferred_at_once_and_answered(discord: Discord):
    slow = discord.slash("ask", question=f"[3.5 s] {KEEPER}", by=next(USERS))
    time.sleep(0.1)
    others = [discord.slash("ask", question=KEEPER, by=next(USERS)) for _ in range(5)]
    for interaction in [slow, *others]:
        assert "Marie Le Goff" in text_of(discord.shown(interaction))
        assert interaction.seconds < 3


def test_behind_a_slow_question_buttons_and_commands_are_deferred_too(discord: Discord):
    message = discord.shown(discord.slash("ask", question=KEEPER, by=next(USERS)))
    page = discord.shown(discord.click(message, ENGLISH.next))
    slow = discord.slash("ask", question=f"[3.5 s] {KEEPER}", by=next(USERS))
    time.sleep(0.1)
    opened = discord.click(message, ENGLISH.more_context)
    before = text_of(page)
    turned = discord.click(page, ENGLISH.next)
    listed = discord.slash("sources", by=next(USERS))
    discord.shown(slow)
    assert is_private(discord.shown(opened))
    assert "lighthouse" in text_of(discord.shown(listed))
    discord.wait(lambda: text_of(page) != before, "the next page")
    assert (opened.response, turned.response, listed.response) == (DEFERRED, DEFERRED_UPDATE, DEFERRED)


def test_a_document_is_shown_behind_a_slow_question(discord: Discord):
    document = discord.slash("sources", document="lighthouse.md", by=next(USERS))
    slow = discord.slash("ask", question=f"[3.5 s] {KEEPER}", by=next(USERS))
    assert "The village of Ploumanac" in text_of(discord.shown(document))
    discord.shown(slow)


def test_what_is_measured_can_be_read_while_the_index_is_busy(discord: Discord, port: int):
    slow = discord.slash("ask", question=f"[3.5 s] {KEEPER}", by=next(USERS))
    time.sleep(0.1)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=3) as page:
        assert "verbatim_waiting 1.0" in page.read().decode()
    discord.shown(slow)


def test_a_channel_that_was_deleted_meanwhile_is_one_line_of_the_log(discord: Discord, bot: Program):
    before = bot.output.count("Traceback")
    for times, question in enumerate((KEEPER, ""), start=1):
        discord.trouble(POST, "404")
        mention(discord, question)
        bot.wait_for(f"Channel {GENERAL} was deleted before its question was answered.", times=times)
    assert bot.output.count("Traceback") == before


def test_answer_channels_that_are_none_are_named(bot: Program):
    bot.wait_for("ANSWER_CHANNELS names 300000000000000077, which is no channel that the bot sees.")
    assert f"names {QUESTIONS}" not in bot.output


def test_a_quick_answer_needs_no_thinking(discord: Discord):
    interaction = discord.slash("ask", question=KEEPER, by=next(USERS))
    discord.shown(interaction)
    assert interaction.response == REPLY


@pytest.mark.slow
def test_typing_goes_on_while_a_mention_waits(discord: Discord):
    before = len(discord.rest.typing)
    asked = mention(discord, f"[9 s] {KEEPER}")
    discord.reply_to(asked)
    assert len(discord.rest.typing) - before == 2


def test_an_unforeseen_error_is_one_sentence_with_an_id_that_the_log_shows(discord: Discord, bot: Program):
    message = discord.shown(discord.slash("ask", question="What is [broken] here?", by=next(USERS)))
    error_id = re.search(r"noted under \*\*(E-[0-9a-f]{6})\*\*", text_of(message))[1]
    assert is_private(message)
    bot.wait_for(f"error id={error_id}")
    assert "ZeroDivisionError: the index broke" in bot.output
    told = discord.reply_to(mention(discord, "What is [broken] here?"))
    assert re.search(r"noted under \*\*E-[0-9a-f]{6}\*\*", text_of(told))


@pytest.mark.parametrize("kind", ["429", "500", pytest.param("502", marks=pytest.mark.slow)])
def test_a_limit_or_an_outage_of_discord_is_waited_out(discord: Discord, kind: str):
    discord.trouble(POST, kind, times=2)
    asked = mention(discord)
    assert "Marie Le Goff" in text_of(discord.reply_to(asked))
    discord.trouble("POST /interactions/.*/callback", kind, seconds=0.2)
    assert "Marie Le Goff" in text_of(discord.shown(discord.slash("ask", question=KEEPER, by=next(USERS))))


def test_a_reply_whose_confirmation_is_lost_is_not_sent_twice(discord: Discord):
    discord.trouble(POST, "drop")
    asked = mention(discord)
    discord.reply_to(asked)
    discord.wait(
        lambda: len([r for r in discord.requests(POST) if r.body["nonce"] == asked["id"]]) == 2, "a second try"
    )
    time.sleep(0.2)
    assert len(discord.replies_to(asked)) == 1


def test_what_discord_did_but_reported_as_failed_is_not_done_twice(discord: Discord, bot: Program):
    discord.trouble(POST, "done")
    asked = mention(discord)
    discord.trouble("POST /interactions/.*/callback", "done")
    interaction = discord.slash("ask", question=KEEPER, by=next(USERS))
    bot.wait_for("An interaction was answered twice")
    assert "Marie Le Goff" in text_of(discord.shown(interaction))
    assert interaction.followups == []
    discord.wait(
        lambda: len([r for r in discord.requests(POST) if r.body["nonce"] == asked["id"]]) == 2, "a second try"
    )
    assert len(discord.replies_to(asked)) == 1


def test_an_interaction_that_discord_gave_up_is_one_line_in_the_log(discord: Discord, bot: Program):
    lost = discord.slash("ask", question=KEEPER, by=next(USERS))
    lost.began -= 10
    bot.wait_for("An interaction was lost")


def test_asked_to_reconnect_it_resumes(discord: Discord, bot: Program):
    discord.gateway.log.clear()
    discord.ask_to_reconnect()
    bot.wait_for("shard 0 resumed")
    assert "Marie Le Goff" in text_of(discord.reply_to(mention(discord)))
    assert "identified" not in discord.gateway.log


def test_what_is_asked_while_the_cable_is_cut_is_answered_once_after_resuming(discord: Discord, bot: Program):
    resumed = bot.output.count("shard 0 resumed")
    discord.gateway.log.clear()
    discord.cut(0.5)
    discord.wait(lambda: discord.gateway.session is None, "the cut")
    asked = mention(discord)
    bot.wait_for("shard 0 resumed", times=resumed + 1)
    assert "Marie Le Goff" in text_of(discord.reply_to(asked))
    assert discord.gateway.log.count("resumed") == 1


def test_in_its_channels_questions_are_answered_without_a_mention(discord: Discord, bot: Program):
    asked = discord.say(KEEPER, channel=QUESTIONS, by=next(USERS))
    assert "Marie Le Goff" in text_of(discord.reply_to(asked))
    ignored = [
        discord.say("I like lighthouses very much.", channel=QUESTIONS, by=next(USERS)),
        discord.say(KEEPER, channel=GENERAL, by=next(USERS)),
        discord.say("What is [broken] here?", channel=QUESTIONS, by=next(USERS)),
        discord.say("How are you?", channel=QUESTIONS, by=next(USERS)),
        discord.say("who is he?", channel=QUESTIONS, by=next(USERS)),
        discord.say(f"<@{BASTIEN}> {KEEPER}", channel=QUESTIONS, by=next(USERS)),
        discord.say(f"> {KEEPER}\nIt was Henri, I believe.", channel=QUESTIONS, by=next(USERS)),
    ]
    bot.wait_for("a message (way=channel)")
    last = discord.say(KEEPER, channel=QUESTIONS, by=next(USERS))
    discord.reply_to(last)
    assert [discord.replies_to(message) for message in ignored] == [[]] * len(ignored)


def test_a_mention_of_its_role_is_a_mention(discord: Discord):
    asked = discord.say(f"<@&{BOT_ROLE}> {KEEPER}", by=next(USERS), mention_roles=[str(BOT_ROLE)])
    assert "Marie Le Goff" in text_of(discord.reply_to(asked))


def test_the_queue_is_bounded_and_says_so(discord: Discord):
    asked = [mention(discord, f"[2 s] {KEEPER}")] + [mention(discord) for _ in range(QUEUE_LIMIT + 4)]
    told = [text_of(discord.reply_to(message)) for message in asked]
    assert told.count(ENGLISH.queue_full) == 5
    assert sum("Marie Le Goff" in text for text in told) == QUEUE_LIMIT
    assert all(len(discord.replies_to(message)) == 1 for message in asked)


def test_told_to_stop_it_answers_what_it_was_asked_and_nothing_more(discord: Discord, bot: Program):
    earlier = discord.shown(discord.slash("ask", question=KEEPER, by=next(USERS)))
    form = discord.click(earlier, ENGLISH.not_helpful)
    discord.wait(lambda: form.form, "a form")
    interaction = discord.slash("ask", question=f"[2.5 s] {KEEPER}", by=next(USERS))
    asked = mention(discord, f"[0.5 s] {KEEPER}")
    time.sleep(0.3)
    output_before = len(bot.output)
    bot.signal()
    bot.wait_for("stopping")
    late = discord.slash("ask", question=KEEPER, by=next(USERS))
    assert text_of(discord.shown(late)) == ENGLISH.closing
    # What is known is still shown, and what somebody thinks is still kept.
    pressed, filled = discord.click(earlier, ENGLISH.helpful), discord.fill(form.form, "wrong keeper")
    assert text_of(discord.shown(pressed)) == ENGLISH.thanks
    assert text_of(discord.shown(filled)) == ENGLISH.thanks_reason
    assert bot.end() == 0
    assert [told.followups for told in (late, pressed, filled)] == [[], [], []]
    assert "Traceback" not in bot.output[output_before:]
    assert "Marie Le Goff" in text_of(discord.shown(interaction))
    assert "Marie Le Goff" in text_of(discord.reply_to(asked))
    assert discord.gateway.log[-1] == "closed"
    assert bot.output.rstrip().endswith("stopped")
