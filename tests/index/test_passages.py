"""How documents are cut: what is quoted is in the file at its offsets, and nothing but headings is left out."""

from __future__ import annotations

import re
import time
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from index.documents import Document, read_document
from index.formats.extract import UnreadableError
from index.passages import check, cut
from tests.conftest import ARTICLE

WORDS = re.compile(r"[^\W_]+")

# Sentences, headings, list items and oddities of many scripts, and every way to end a line that a file may hold.
PIECES = (
    "Le Pentagone a lancé un ultimatum. La société n'a pas cédé !",
    "M. Dupont et Mme Durand ont vu le Dr. Martin, cf. p. 12. Ils sont partis.",
    "A short heading",
    "Une question ?",
    "# Titre",
    "## Zwei ##",
    "Setext",
    "===",
    "---",
    "- a list item",
    "1. first",
    "Il faut :",
    "```",
    "> quoted text, as in a letter.",
    "| a | b |",
    "한국어 문장입니다. 또 하나의 문장입니다.",
    "これは文です。次の文です！",
    "هذه جملة عربية. وهذه أخرى؟",
    "यह एक वाक्य है। यह दूसरा है।",
    "🔥 emoji only 🔥",
    "👩‍👩‍👧",
    "ﷺ ﷺ ﷺ",
    "e\u0301\u0302\u0303 combining",
    "no stop at the end of a line that goes on",
    "x" * 150,
    "    indented",
    "…",
    "",
    " ",
)
LINE_ENDS = ("\n", "\r\n", "\r", "\n\n", "\r\n\r\n", "\u2028", "\x0b", "\x0c", "\x85", "\u2029", "\x1c", " ", "\t")
ANYTHING = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=400)
STRUCTURED = st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from(LINE_ENDS)), max_size=30).map(
    lambda parts: "".join(piece + end for piece, end in parts)
)
TEXTS = st.one_of(STRUCTURED, ANYTHING, st.tuples(STRUCTURED, ANYTHING, STRUCTURED).map("".join))


def plain(text, *, title="", language="en"):
    return Document("a.txt", title, "", "", language, text, None)


def quotes(text, embedder, **fields):
    document = plain(text, **fields)
    passages = cut(document, embedder.count_tokens, embedder.max_tokens)
    check(document, passages)
    return [passage.text for passage in passages]


def read(folder, name, text):
    path = folder / name
    path.write_bytes(text.encode("utf-8"))
    return read_document(name, path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("documents")


@settings(max_examples=300)
@given(text=TEXTS, ending=st.sampled_from(["md", "txt"]), max_tokens=st.sampled_from([24, 254]))
@example(text="가" * 400, ending="txt", max_tokens=254)
@example(text="a" + "\u0301" * 3000, ending="txt", max_tokens=24)
@example(text="A heading\n\n```\n", ending="md", max_tokens=254)
@example(text="Titre\n\nPhrase un. Phrase deux.\rPhrase trois.", ending="txt", max_tokens=254)
def test_any_text_is_quoted_at_its_offsets_and_only_headings_are_left_out(folder, embedder, text, ending, max_tokens):
    try:
        document = read(folder, f"a.{ending}", text)
    except UnreadableError as error:
        assert str(error) == "it holds no text" or "front matter" in str(error)
        assert not text.strip("\ufeff").strip() or text.lstrip("\ufeff").startswith("---")
        return
    if not text.startswith(("\ufeff", "---")):
        assert document.text == text
    passages = cut(document, embedder.count_tokens, max_tokens)
    for passage in passages:
        assert document.text[passage.start : passage.end] == passage.text
        sentences = [document.text[start:end] for start, end in passage.sentences]
        assert "".join(WORDS.findall(passage.text)) == "".join(WORDS.findall("".join(sentences)))
        assert all(passage.start <= start < end <= passage.end for start, end in passage.sentences)
        assert all(end <= start for (_, end), (start, _) in pairwise(passage.sentences))
    counts = embedder.count_tokens([passage.embedded_text for passage in passages]) if passages else []
    assert max(counts, default=0) <= max_tokens

    unmarked = list(document.text)
    for start, end, _ in document.headings or ():
        unmarked[start:end] = " " * (end - start)
    position = 0
    for passage in passages:
        left_out = WORDS.findall("".join(unmarked[position : passage.start]))
        expected = [[]]
        heading, title = WORDS.findall(passage.heading), WORDS.findall(document.title)
        if document.headings is None:  # A title above a heading is not named with it.
            expected += [heading, [*title, *heading]] if heading else [title]
        else:  # A question, below those that are marked.
            expected += [WORDS.findall(passage.heading.split(" › ")[-1]), title]
        assert left_out in expected
        position = passage.end
    assert not WORDS.findall("".join(unmarked[position:]))


def test_a_paragraph_of_the_article_is_a_passage_and_its_headings_are_context(embedder):
    document = read_document(ARTICLE.name, ARTICLE)
    passages = cut(document, embedder.count_tokens, embedder.max_tokens)
    headings = [
        "Anthropic continue de refuser certaines utilisations malgré la rencontre avec Pete hegseth",
        "L'entreprise a jusqu'à vendredi pour coopérer",
    ]
    lines = ARTICLE.read_text("utf-8").split("---\n", 2)[2].splitlines()
    assert [passage.text for passage in passages] == [line for line in lines if line not in headings]
    assert [passage.heading for passage in passages] == ["", "", headings[0], headings[0], *[headings[1]] * 3]
    assert all(document.title in passage.context and passage.heading in passage.context for passage in passages)


def test_markdown_headings_are_context_and_code_is_no_heading(folder, embedder):
    text = (
        "# The title\n\nThe first paragraph.\n\n## Section *one* ##\n\nThe second.\n\nSection two\n-----------\n\n"
        "The third.\n\n```sh\n# no heading, a comment\nls\n```\n\nThe last one.\n"
    )
    document = read(folder, "a.md", text)
    passages = cut(document, embedder.count_tokens, embedder.max_tokens)
    assert document.title == "The title"
    assert [(passage.heading, passage.text) for passage in passages] == [
        ("", "The first paragraph."),
        ("Section *one*", "The second."),
        ("Section two", "The third."),
        ("Section two", "```sh\n# no heading, a comment\nls\n```"),
        ("Section two", "The last one."),
    ]


def test_fenced_code_is_a_passage_with_its_blank_lines_and_goes_with_what_announces_it(folder, embedder):
    text = (
        "# Tool\n\nTo install it, run:\n\n```sh\npip install tool\n\ntool --init\n```\n\nIt says that it is done.\n\n"
        "~~~\none\n\n```\n\ntwo\n~~~~\nA paragraph.\n\n```a``` is code.\n\n"
        "```\nNothing closes this one.\n\nThe last one.\n"
    )
    for ending in ("md", "txt"):
        passages = cut(read(folder, f"a.{ending}", text), embedder.count_tokens, embedder.max_tokens)
        assert [passage.text for passage in passages if passage.text != "# Tool"] == [
            "To install it, run:\n\n```sh\npip install tool\n\ntool --init\n```",
            "It says that it is done.",
            "~~~\none\n\n```\n\ntwo\n~~~~",
            "A paragraph.",
            "```a``` is code.",
            "```\nNothing closes this one.",
            "The last one.",
        ]


def test_a_paragraph_with_a_rule_right_below_it_is_quoted(folder, embedder):
    text = "# Title\n\nA whole paragraph that ends in a full stop.\n---\nAnother paragraph, below the rule.\n"
    passages = cut(read(folder, "a.md", text), embedder.count_tokens, embedder.max_tokens)
    assert [passage.text for passage in passages] == [
        "A whole paragraph that ends in a full stop.",
        "Another paragraph, below the rule.",
    ]


@pytest.mark.parametrize("width", [60, 72, 90, 140, 250])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_wrapped_lines_are_one_paragraph(embedder, width, line_end):
    import textwrap

    one = "The committee met on a Tuesday in a hall that nobody had heated, and agreed on little but the date. " * 6
    two = "What it agreed on was written down by a clerk, who lost the paper the same evening on his way home. " * 6
    wrapped = [textwrap.fill(paragraph, width).replace("\n", line_end) for paragraph in (one, two)]
    assert quotes((line_end * 2).join(wrapped), embedder) == wrapped


def test_a_list_goes_with_the_line_that_opens_it(embedder):
    text = "The bot needs three things:\n\n- a corpus\n- an index\n- a question\n\nThen it answers."
    assert quotes(text, embedder) == [
        "The bot needs three things:\n\n- a corpus\n- an index\n- a question",
        "Then it answers.",
    ]


def test_a_list_with_blank_lines_goes_with_the_line_that_opens_it(embedder):
    text = "You need:\n\n* flour\n\n* eggs\n\n* milk\n\nStir it."
    assert quotes(text, embedder) == ["You need:\n\n* flour\n\n* eggs\n\n* milk", "Stir it."]


def test_short_lines_below_a_colon_are_no_headings_and_what_is_below_them_may_be_one(embedder):
    text = (
        "To install it, run:\n\npip install tool\n\nIt says that it is done.\n\n"
        "Either may end it:\n\n(a) on notice\n\n(b) at once\n\nNotices\n\nThey are sent by post. Or by hand."
    )
    passages = cut(plain(text), embedder.count_tokens, embedder.max_tokens)
    assert [(passage.heading, passage.text) for passage in passages] == [
        ("", "To install it, run:"),
        ("", "pip install tool"),
        ("", "It says that it is done."),
        ("", "Either may end it:"),
        ("", "(a) on notice"),
        ("", "(b) at once"),
        ("Notices", "They are sent by post. Or by hand."),
    ]


def test_numbered_lines_with_figures_are_no_headings_and_others_share_a_level(embedder):
    text = (
        "Relay\n\n1. The Hares, 1:10:00\n\nA record. Well run.\n\n2. The Snails, 1:32:10\n\nThey are second. Again.\n\n"
        "Rules\n\n1. Start\n\nAt the bell. Not before.\n\n2. Finish\n\nAt the line. Not behind it.\n"
    )
    passages = cut(plain(text), embedder.count_tokens, embedder.max_tokens)
    assert [passage.heading for passage in passages] == [*["Relay"] * 4, "Rules › 1. Start", "Rules › 2. Finish"]


@pytest.mark.parametrize("heading", ["Geneva", "**Geneva**", "how do I go there?"])
def test_a_heading_below_a_colon_is_one(embedder, heading):
    document = plain(f"We have one office:\n\n{heading}\n\nIt is near the station. Ring twice.")
    passages = cut(document, embedder.count_tokens, embedder.max_tokens)
    assert [(passage.heading, passage.text) for passage in passages] == [
        ("", "We have one office:"),
        (heading.strip("*"), "It is near the station. Ring twice."),
    ]


def test_steps_of_which_two_are_next_to_each_other_are_no_headings(embedder):
    text = "1. Open the lid\n\nIt is heavy. Take care.\n\n2. Take it out\n\n3. Close the lid\n\nThat is all. Well done."
    passages = cut(plain(text), embedder.count_tokens, embedder.max_tokens)
    assert not any(passage.heading for passage in passages)
    assert "1. Open the lid" in [passage.text for passage in passages]


def test_a_short_line_between_questions_is_the_answer_to_the_first(embedder):
    document = plain("Help\n\nWho is my contact?\n\nAnn Smith\n\nWhat is the number?\n\n555 01 02")
    passages = cut(document, embedder.count_tokens, embedder.max_tokens)
    assert [(passage.heading.split(" › ")[-1], passage.text) for passage in passages] == [
        ("Who is my contact?", "Ann Smith"),
        ("What is the number?", "555 01 02"),
    ]


def test_finished_lines_in_lower_case_are_paragraphs(embedder):
    lines = ["everyone gets 25 days of leave in the year.", "everyone may park on level 2.", "nobody parks on level 3."]
    assert quotes("\n".join(lines), embedder) == lines


def test_tildes_below_a_colon_fence_code(embedder):
    code = "Run:\n\n~~~\nmake\n\nmake install\n~~~"
    assert quotes(code.replace("\n\n", "\n", 1), embedder) == ["Run:\n~~~\nmake\n\nmake install\n~~~"]
    assert quotes(code, embedder) == [code]


def test_tildes_below_a_heading_fence_no_code(embedder):
    document = plain("Sick leave\n~~~~~~~~~~\n\nCall before nine.\n\nOther leave\n~~~~~~~~~~~\nAsk first. Then go.\n")
    passages = cut(document, embedder.count_tokens, embedder.max_tokens)
    assert [(passage.heading, passage.text) for passage in passages] == [
        ("Sick leave", "Call before nine."),
        ("Other leave", "Ask first. Then go."),
    ]


def test_a_passage_stands_under_all_headings_above_it(folder, embedder):
    text = (
        "# Guide\n\nFirst.\n\n## Leave\n\nSecond.\n\n### Sick leave\n\nThird.\n\n"
        "#### Notes\n\nFourth.\n\n## Pay\n\nFifth.\n"
    )
    passages = cut(read(folder, "a.md", text), embedder.count_tokens, embedder.max_tokens)
    assert [passage.heading for passage in passages] == [
        "",
        "Leave",
        "Leave › Sick leave",
        "Leave › Sick leave › Notes",
        "Pay",
    ]


def test_a_heading_as_long_as_a_text_is_quoted(folder, embedder):
    long = "a very long line " * 30
    passages = cut(read(folder, "a.md", f"# {long}\n\nThe end.\n"), embedder.count_tokens, embedder.max_tokens)
    assert [(passage.heading, passage.text) for passage in passages] == [("", f"# {long.strip()}"), ("", "The end.")]


def test_a_question_or_a_bold_line_over_a_paragraph_is_its_heading_in_markdown_too(folder, embedder):
    text = (
        "# Club\n\n**How much is the membership?**\n\nIt costs 120 euros.\n\nCan I bring my dog?\n\nOn a lead.\n\n"
        "## Rooms\n\n**Closed in May.**\n\n**The attic**\n\nIt is empty.\n\n**Bold words** in a text.\n\n"
        "Why?\n\nWho knows?\n"
    )
    passages = cut(read(folder, "a.md", text), embedder.count_tokens, embedder.max_tokens)
    assert [(passage.heading, passage.text) for passage in passages] == [
        ("How much is the membership?", "It costs 120 euros."),
        ("Can I bring my dog?", "On a lead."),
        ("Rooms", "**Closed in May.**"),
        ("Rooms › The attic", "It is empty."),
        ("Rooms › The attic", "**Bold words** in a text."),
        ("Rooms › The attic", "Why?"),
        ("Rooms › The attic", "Who knows?"),
    ]


@pytest.mark.parametrize("ending", ["md", "txt"])
def test_a_bold_line_right_above_its_paragraph_is_its_heading(folder, embedder, ending):
    text = (
        "Club\n\n**How much is the membership?**\nIt costs 120 euros.\n\n**Can I bring my dog?**\nOn a lead.\n"
        "**And my cat?**\nNever.\n\nThe attic is always\n**entirely empty**\nin the winter.\n\n"
        "**It is closed.**\nIn May, it is open.\n\nThe password is:\n**Sunflower 42**\n\n"
        "It was passed by\nboth houses.\n**The Senate**\nrejected it at first.\n"
    )
    passages = cut(read(folder, f"a.{ending}", text), embedder.count_tokens, embedder.max_tokens)
    assert [(passage.heading, passage.text) for passage in passages] == [
        ("How much is the membership?", "It costs 120 euros."),
        ("Can I bring my dog?", "On a lead."),
        ("And my cat?", "Never."),
        ("And my cat?", "The attic is always\n**entirely empty**\nin the winter."),
        ("And my cat?", "**It is closed.**\nIn May, it is open."),
        ("And my cat?", "The password is:\n**Sunflower 42**"),
        ("And my cat?", "It was passed by\nboth houses.\n**The Senate**\nrejected it at first."),
    ]


@pytest.mark.parametrize("ending", ["md", "txt"])
def test_a_numbered_heading_is_one_where_no_other_number_is_beside_it(folder, embedder, ending):
    text = (
        "Staff handbook\n\n1. Is the card free?\n\nYes, for children.\n\n2. How long is it valid?\nFor a year.\n\n"
        "**3. Sick leave**\n\nCall before nine.\n\nDo this:\n\n1. Open the lid?\n\n2. Close the lid?\n\nThen go home.\n"
    )
    passages = cut(read(folder, f"a.{ending}", text), embedder.count_tokens, embedder.max_tokens)
    assert [(passage.heading, passage.text) for passage in passages] == [
        ("1. Is the card free?", "Yes, for children."),
        ("2. How long is it valid?", "For a year."),
        ("3. Sick leave", "Call before nine."),
        ("3. Sick leave", "Do this:\n\n1. Open the lid?\n\n2. Close the lid?"),
        ("3. Sick leave", "Then go home."),
    ]


def test_every_line_that_gives_a_value_is_a_sentence_and_none_is_a_heading(embedder):
    document = plain(
        "Desk: 555 01 02\nThe nurse, Ms Brown: 555 01 03\nHead: 555 01 04\n\nWe wrote this\nTo: all of you."
    )
    passages = cut(document, embedder.count_tokens, embedder.max_tokens)
    assert [[document.text[start:end] for start, end in passage.sentences] for passage in passages] == [
        ["Desk: 555 01 02", "The nurse, Ms Brown: 555 01 03", "Head: 555 01 04"],
        ["We wrote this\nTo: all of you."],
    ]


def test_a_line_that_gives_a_number_is_no_heading_and_a_part_with_a_number_is_one(embedder):
    document = plain(
        "Minutes\n\nPart 2: Fees\n\nThey rise. A little.\n\nNext meeting: 7 April\n\nPlace: the hall\n\nAnn wrote this."
    )
    passages = cut(document, embedder.count_tokens, embedder.max_tokens)
    assert [(passage.heading.split(" › ")[-1], passage.text) for passage in passages] == [
        ("Part 2: Fees", "They rise. A little."),
        ("Part 2: Fees", "Next meeting: 7 April"),
        ("Part 2: Fees", "Place: the hall"),
        ("Part 2: Fees", "Ann wrote this."),
    ]


def test_a_colon_in_wrapped_prose_ends_no_sentence(embedder):
    text = (
        "Please note: the meeting of Tuesday 3 May is moved to the large hall on the\n"
        "First floor: it is the one beside the lift."
    )
    (passage,) = cut(plain(text), embedder.count_tokens, embedder.max_tokens)
    assert len(passage.sentences) == 1


def test_every_row_of_a_table_is_a_sentence(embedder):
    document = plain("| Room | Price |\n|---|---|\n| Attic | 12 € |\n| Salon | 30 € |")
    (passage,) = cut(document, embedder.count_tokens, embedder.max_tokens)
    sentences = [document.text[start:end] for start, end in passage.sentences]
    assert sentences == ["| Room | Price |\n|---|---|", "| Attic | 12 € |", "| Salon | 30 € |"]


def test_every_item_of_a_list_is_a_sentence(embedder):
    document = plain("You need:\n- a corpus\n- an index")
    (passage,) = cut(document, embedder.count_tokens, embedder.max_tokens)
    assert [document.text[start:end] for start, end in passage.sentences] == ["You need:", "- a corpus", "- an index"]


@pytest.mark.parametrize(
    ("language", "text", "sentences"),
    [
        ("fr", "Hier, M. Dupont a parlé. Mme Curie aussi.", ["Hier, M. Dupont a parlé.", "Mme Curie aussi."]),
        ("en", "It was Dr. Who. He left.", ["It was Dr. Who.", "He left."]),
        ("fr", "Voir l'art. 5 et p. 12. C'est tout.", ["Voir l'art. 5 et p. 12.", "C'est tout."]),
        ("fr", "« Non ! » dit-il. Puis rien.", ["« Non ! » dit-il.", "Puis rien."]),
        ("fr", "Vers 52 av. J.-C. Rome tomba.", ["Vers 52 av. J.-C.", "Rome tomba."]),
        ("fr", "Installé par M. J.-P. Martin. Fin.", ["Installé par M. J.-P. Martin.", "Fin."]),
        ("fr", "L'U.E. a décidé. En janv. 2024, non.", ["L'U.E. a décidé.", "En janv. 2024, non."]),
        ("zh", "第一句。第二句！", ["第一句。", "第二句！"]),
        ("xx", "An unknown language. Two sentences.", ["An unknown language.", "Two sentences."]),
    ],
)
def test_sentences_end_where_a_reader_ends_them(embedder, language, text, sentences):
    document = plain(text, language=language)
    (passage,) = cut(document, embedder.count_tokens, embedder.max_tokens)
    assert [document.text[start:end] for start, end in passage.sentences] == sentences


def test_a_long_paragraph_is_cut_between_sentences_and_leaves_no_stub(embedder):
    sentences = [f"Sentence number {number} says something that is neither long nor short." for number in range(50)]
    passages = quotes(" ".join(sentences), embedder)
    assert " ".join(passages) == " ".join(sentences)
    assert all(passage.startswith("Sentence") and passage.endswith("short.") for passage in passages)
    lengths = [len(passage) for passage in passages]
    assert len(passages) > 1
    assert min(lengths) > 0.7 * max(lengths)


def test_a_line_of_a_million_characters_is_cut_like_any_other(embedder):
    sentence = "The committee met on a Tuesday in a hall that nobody had heated, and agreed on the date, e.g. in May."
    started = time.perf_counter()
    passages = quotes(" ".join([sentence] * 10_000), embedder)
    assert time.perf_counter() - started < 60  # Some ten minutes where its length counts twice.
    assert set(" ".join(passages).split(" The ")) == {sentence, sentence.removeprefix("The ")}


def test_a_sentence_longer_than_a_passage_is_cut_after_a_clause(embedder):
    clauses = [f"the clause of number {number} that goes on for a while," for number in range(60)]
    passages = quotes(" ".join(clauses), embedder)
    assert " ".join(passages) == " ".join(clauses)
    assert all(passage.endswith(",") for passage in passages)


def test_a_cut_is_between_words_where_there_are_words(embedder):
    words = [f"{'w' * (90 + number % 7)}{number}" for number in range(200)]
    assert " ".join(quotes(" ".join(words), embedder)).split() == words


def test_korean_is_not_truncated_though_a_syllable_is_three_tokens(embedder):
    text = "한국어문장" * 100
    passages = quotes(text, embedder, language="ko")
    assert "".join(passages) == text
    assert max(embedder.count_tokens(passages)) <= embedder.max_tokens


def test_a_word_without_end_is_no_passage_of_any_length(embedder):
    passages = quotes("x" * 100_000, embedder)
    assert "".join(passages) == "x" * 100_000
    assert max(map(len, passages)) < 5_000


def test_a_title_that_is_too_long_leaves_room_for_the_text(embedder):
    document = plain("A short paragraph.", title="word " * 3000)
    (passage,) = cut(document, embedder.count_tokens, embedder.max_tokens)
    assert passage.text == "A short paragraph."
    assert embedder.count_tokens([passage.embedded_text])[0] <= embedder.max_tokens


BIG = 100_000


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("A sentence that says nothing at all. " * 8_000, id="sentences"),
        pytest.param("word " * (BIG // 5), id="no sentence end"),
        pytest.param("x" * BIG, id="one word"),
        pytest.param("中" * BIG, id="no spaces"),
        pytest.param("a" + " " * BIG + "b", id="spaces"),
        pytest.param("\t" * BIG + "a", id="tabs before"),
        pytest.param("a" + "\u0301" * BIG, id="accents"),
        pytest.param("a " + "! " * (BIG // 2), id="stops"),
        pytest.param("! " * (BIG // 2) + "a", id="stops before"),
        pytest.param("a\n" * (BIG // 2), id="short lines"),
        pytest.param("\n" * BIG + "a", id="blank lines before"),
        pytest.param("a:\n\n- b:\n" * (BIG // 10), id="lists in lists"),
        pytest.param("- " * (BIG // 2) + "a", id="bullets"),
        pytest.param("#" + " " * BIG + "a", id="a wide heading"),
        pytest.param("# " * (BIG // 2) + "a", id="marks"),
        pytest.param("# a\n" * (BIG // 4) + "b", id="headings"),
        pytest.param("(" * BIG + "a", id="brackets"),
        pytest.param("M. " * (BIG // 3), id="abbreviations"),
        pytest.param("---\n" + "a: b\n" * (BIG // 5), id="front matter without end"),
    ],
)
@pytest.mark.parametrize("ending", ["txt", "md"])
def test_large_texts_of_any_shape_take_no_time(folder, embedder, text, ending):
    # The bound is far from what it takes (about a second); what is quadratic takes minutes.
    started = time.process_time()
    try:
        document = read(folder, f"a.{ending}", text)
    except UnreadableError:
        return
    check(document, cut(document, embedder.count_tokens, embedder.max_tokens))
    assert time.process_time() - started < 20
