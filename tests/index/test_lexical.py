"""Words: without case, accents and endings, with typing errors put right, and acronyms."""

from __future__ import annotations

import pytest

from index.errors import DamagedIndexError
from index.expectation import expectation, has_kind
from index.language import detect_question
from index.lexical import LexicalIndex, SpellingIndex, fold, informative_words, words_and_acronyms, write_lexical

PASSAGES = [
    ("Les négociations du Pentagone ont échoué.", "fr"),
    ("The defense budget was negotiated in spring.", "en"),
    ("A bird sings.", "en"),
]


@pytest.fixture
def index(tmp_path):
    write_lexical(tmp_path, PASSAGES)
    return LexicalIndex(tmp_path, len(PASSAGES))


def test_case_accents_and_ligatures_do_not_matter():
    assert fold("Œuvre ÉTÉ Straße") == "oeuvre ete strasse"


def test_function_words_say_nothing_unless_there_is_nothing_else():
    assert informative_words("What is the budget of the Pentagon?", "en") == ["budget", "pentagon"]
    assert informative_words("qui est-ce ?", "fr") == ["qui", "est", "ce"]


def test_a_word_of_grammar_in_one_language_may_name_a_thing_in_the_other():
    assert informative_words("Where is my car?", "en") == ["car"]
    assert informative_words("Ma maison, car elle est grande", "fr") == ["maison", "grande"]
    assert informative_words("Comment faire un don ?", "fr") == ["don"]
    assert informative_words("Don't they know the sea?", "en") == ["know", "sea"]


def test_a_name_of_three_words_has_an_acronym():
    found = words_and_acronyms("the World Health Organization, and Pete Hegseth")
    assert "who" in found
    assert "ph" not in found


@pytest.mark.parametrize(
    ("text", "acronym"),
    [
        ("The Federal Bureau of Investigation said so.", "fbi"),
        ("La Commission Nationale de l'Informatique et des Libertés veille.", "cnil"),
        ("Le Règlement Général sur la Protection des Données", "rgpd"),
        ("Agencies\nThe Environmental Safety Bureau", "esb"),
        ("What is the D.P.A.?", "dpa"),
    ],
)
def test_an_acronym_is_found_wherever_its_name_stands(text, acronym):
    assert acronym in words_and_acronyms(text)


def test_a_word_of_few_letters_or_in_capitals_is_taken_for_no_other(index):
    (short,), (acronym,), (shouted,) = (index.query(asked, "en") for asked in ("brid", "the BURD of", "DEFENCE"))
    assert not short.known
    assert not acronym.known
    assert shouted.known


@pytest.mark.parametrize(
    ("question", "best"), [("negociation", 0), ("NÉGOCIATIONS", 0), ("negotiate", 1), ("budgets", 1), ("birds", 2)]
)
def test_each_language_is_matched_by_its_own_endings(index, question, best):
    assert index.scores(index.query(question, detect_question(question))).argmax() == best


def test_a_word_that_is_spelt_alike_counts_for_less(index):
    (right,), (alike,), (unknown,) = (index.query(word, "en") for word in ("defense", "defence", "zebra"))
    assert (right.weight, alike.weight, alike.known) == (1.0, 0.8, True)
    assert not unknown.known
    assert index.scores([alike]).max() < index.scores([right]).max()
    assert index.scores([unknown]).max() == 0


def test_a_misspelt_word_is_told_from_one_that_is_merely_unknown():
    spelling = SpellingIndex(["production", "empire", "what"])
    assert spelling.nearest("producton") == "production"
    assert spelling.nearest("waht") == "what"
    assert spelling.nearest("zebra") is None
    assert spelling.nearest("1950") is None


def test_an_index_of_other_passages_is_damaged(tmp_path):
    write_lexical(tmp_path, PASSAGES)
    with pytest.raises(DamagedIndexError):
        LexicalIndex(tmp_path, len(PASSAGES) + 1)


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("When did the meeting take place?", "date"),
        ("Quand expire l'ultimatum ?", "date"),
        ("When was Kublai, the ruler, born?", "date"),
        ("When I lose my badge, whom do I call?", ""),
        ("Quand je perds mon badge, qui dois-je appeler ?", ""),
        ("Since when is it forbidden?", "date"),
        ("Jusqu'à quand est-ce ouvert ?", "date"),
        ("La réunion est prévue quand ?", "date"),
        ("Quel jour est la rentrée ?", "date"),
        ("What is the date of the vote?", "date"),
        ("What is the deadline given to Anthropic?", "date"),
        ("Who set the deadline?", ""),
        ("What happens when a loan is overdue?", ""),
        ("Qui faut-il appeler quand on est malade ?", ""),
        ("How old is Pete Hegseth?", "age"),
        ("How old was he when he left?", "age"),
        ("Quel âge a le navire ?", "age"),
        ("Quel est l’âge du maire ?", "age"),
        ("What is the mayor's age?", "age"),
        ("Combien de salariés compte Anthropic ?", "number"),
        ("How many were hurt when it sank?", "number"),
        ("Quel montant peut être accordé ?", "number"),
        ("Who is Dario Amodei?", "definition"),
        ("Qu’est-ce que le Defense Production Act ?", "definition"),
        ("Which uses does Anthropic refuse?", ""),
    ],
)
def test_the_kind_of_answer_is_told_from_the_question(question, kind):
    assert expectation(question) == kind


def test_a_date_of_the_question_itself_is_no_answer():
    assert has_kind("date", ["ce", "mardi", "24", "fevrier"], ["quand"])
    assert not has_kind("date", ["en", "1950"], ["1950"])
    assert not has_kind("number", ["personne"], [])


@pytest.mark.parametrize(
    ("kind", "sentence", "has"),
    [
        ("age", "nos spectrometres ont dix ans", True),
        ("age", "he was seventeen years old", True),
        ("age", "le navire construit en 2001", True),
        ("age", "ce mardi 24 fevrier", False),
        ("age", "she led it for years", False),
        ("age", "in 2023 the mayor resigned", False),
        ("date", "the court sits on 5 may", True),
        ("date", "the controller may ask", False),
        ("date", "the pool opens at 7 am", True),
        ("date", "the pool opens at 10am", True),
        ("date", "la piscine ouvre a 14h30", True),
        ("date", "the market closes at noon", True),
        ("date", "ouvert de 9 h a 12 h", True),
        ("date", "i am told of 50 boats", False),
        ("number", "there are seventeen boats", True),
        ("number", "the card is free", False),
    ],
)
def test_a_sentence_has_a_number_a_date_or_an_age(kind, sentence, has):
    assert has_kind(kind, sentence.split(), []) is has


def test_that_something_is_free_says_what_it_costs():
    assert has_kind("number", ["the", "card", "is", "free"], ["how", "much", "is", "the", "card"])
    assert not has_kind("number", ["feel", "free", "to", "ask"], ["how", "much", "notice", "do", "i", "give"])
    assert has_kind("number", ["la", "carte", "est", "gratuite"], ["combien", "coute", "la", "carte"])
