"""How documents are cut: what is quoted is in the file at its offsets, and nothing but headings is left out."""

from __future__ import annotations

import re
import time
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from index.documents import read_document
from index.formats.extract import UnreadableError
from index.passages import check, cut
from tests.conftest import ARTICLE
from tests.index.cutting import plain, quotes, read

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


def test_every_line_that_gives_a_value_is_a_sentence_and_none_is_a_heading(embedder):
    document = plain(
        "Desk: 555 01 02\nThe nurse, Ms Brown: 555 01 03\nHead: 555 01 04\n\nWe wrote this\nTo: all of you."
    )
    passages = cut(document, embedder.count_tokens, embedder.max_tokens)
    assert [[document.text[start:end] for start, end in passage.sentences] for passage in passages] == [
        ["Desk: 555 01 02", "The nurse, Ms Brown: 555 01 03", "Head: 555 01 04"],
        ["We wrote this\nTo: all of you."],
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
        ("fr", "12. Payez la facture. Gardez-la.", ["12. Payez la facture.", "Gardez-la."]),
        ("en", "IV. The war ends. V comes next.", ["IV. The war ends.", "V comes next."]),
        ("en", "**1.** Open it. Then close.", ["**1.** Open it.", "Then close."]),
        ("en", "We all take vitamin\nC. The dose is small.", ["We all take vitamin\nC.", "The dose is small."]),
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


def test_a_line_of_many_sentences_is_cut_between_them(embedder):
    sentence = "The committee met on a Tuesday in a hall that nobody had heated, and agreed on the date, e.g. in May."
    passages = quotes(" ".join([sentence] * 2_000), embedder)
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
        pytest.param("« Il dit non. " * 110_000, id="quotations without end"),
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
