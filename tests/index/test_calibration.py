"""The weights are read as they were made, and worked out from questions with known answers."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from index.answering import judge, read_doubtful, unread
from index.calibration import (
    CONFIDENCE_TERMS,
    DEFAULT_WEIGHTS,
    RANKING,
    READING_TERMS,
    SENTENCE,
    Signals,
    is_doubtful,
    read_weights,
)
from index.calibration.asking import ask_alone
from index.calibration.fit import fit, main
from index.cross_encoder import cross_encoder
from index.documents import read_document
from index.errors import DamagedIndexError, VerbatimError
from index.evaluation import read_documents_with_questions, read_questions
from index.settings import BUILTIN_MODEL, IndexSettings
from tests.written import some_of

ROOT = Path(__file__).parents[2]

NOTHING = Signals(**dict.fromkeys(Signals.__dataclass_fields__, 0.0))


def test_the_shipped_weights_name_every_signal():
    weights = read_weights()
    assert set(weights.ranking) == set(RANKING)
    assert set(weights.sentence) == {*SENTENCE, "read"}
    assert list(weights.confidence) == list(CONFIDENCE_TERMS)
    assert list(weights.reading) == list(READING_TERMS)
    assert 0 < weights.threshold < 1


def test_what_is_found_better_is_surer():
    weights = read_weights()
    # As the built-in model's cosines go: unrelated texts have one of about 0.4.
    far = replace(NOTHING, cosine=0.42, sentence_cosine=0.44, best_cosine=0.44, terms=1.4)
    near = dict.fromkeys(("cosine", "sentence_cosine", "best_cosine"), 0.8)
    matched = ("sentence_match", "match", "best_match", "weakest", "known", "text_match", "rest_match")
    found = replace(far, bm25=0.2, **near, **dict.fromkeys(matched, 1.0))
    assert weights.probability(far, lead=0.0) < 0.1
    assert weights.probability(found, lead=0.05) > weights.probability(found, lead=0.0) > 0.5


@pytest.fixture
def articles(tmp_path):
    """Two documents of several passages each, of which nothing was learnt, with questions."""
    return some_of(ROOT / "benchmarks" / "articles", 2, tmp_path / "articles")


@pytest.fixture
def doubtful(embedder, articles, tmp_path):
    """The doubtful ones of the questions about the articles, with their candidates."""
    weights = read_weights()
    asked = ask_alone(IndexSettings(articles / "corpus", tmp_path / "data", BUILTIN_MODEL), embedder)
    found = [(question.text, [candidate for candidate, _ in question.candidates]) for question in asked]
    return [one for one in found if read_doubtful(one[0], unread(one[1], weights), reads_as(0.0))]


def reads_as(log_odds):
    """A cross-encoder that finds the first sentence of every passage to answer by so much."""
    return lambda _question, _context, sentences: np.array([log_odds] + [-9.0] * (len(sentences) - 1))


def test_what_reads_as_an_answer_is_surer(doubtful):
    assert len(doubtful) > 10
    answers, misses = (
        np.array([judge(*one, read_weights(), reads_as(found))[0].probability for one in doubtful])
        for found in (4.0, -4.0)
    )
    assert (answers > misses).mean() > 0.9
    assert np.median(answers - misses) > 0.3


def test_a_sentence_that_search_and_reading_agree_on_is_surer(doubtful):
    agreeing, apart = (
        np.array([judge(*one, read_weights(), reads_best(one, agrees=agrees))[0].probability for one in doubtful])
        for agrees in (True, False)
    )
    several = agreeing != apart  # A passage of one sentence leaves nothing to disagree on.
    assert several.sum() > 10
    assert (agreeing > apart)[several].mean() > 0.8


def reads_best(asked, *, agrees):
    """The cross-encoder, with its best sentence in the place of the likeliest before, or of the least likely."""
    question, candidates = asked
    likely = {
        tuple(candidate.passage.sentence_texts): read_weights().sentence_scores(candidate.sentences)
        for candidate in candidates
    }

    def read(_question, context, sentences):
        found = cross_encoder().read(question, context, sentences)
        scores = likely[tuple(sentences)]
        place = scores.argmax() if agrees else scores.argmin()
        best = found.argmax()
        found[[place, best]] = found[[best, place]]
        return found

    return read


@pytest.mark.parametrize(
    ("probability", "kind", "doubtful"),
    [
        (0.5, 0.0, True),
        (0.02, 0.0, True),
        (0.99, 0.0, False),
        (0.99, 1.0, False),
        (0.99, -1.0, True),
        (0.005, -1.0, False),
    ],
)
def test_a_passage_without_the_number_that_was_asked_for_is_never_beyond_doubt(probability, kind, doubtful):
    assert is_doubtful(probability, replace(NOTHING, kind=kind)) is doubtful


@pytest.mark.parametrize("damage", ["", "[]", "{}", '{"ranking": 1, "sentence": 2, "confidence": 3, "threshold": 4}'])
def test_weights_that_are_none_are_damage(tmp_path, damage):
    path = tmp_path / "weights.json"
    path.write_text(damage, "utf-8")
    with pytest.raises(DamagedIndexError):
        read_weights(path)


@pytest.mark.slow
def test_the_weights_can_be_made_again(shared_eval, tmp_path, capsys):
    out = tmp_path / "weights.json"
    folders = [str(shared_eval / name) for name in ("article", "xquad-gaps")]
    assert main([*folders, "--work", str(tmp_path / "work"), "--out", str(out)]) == 0
    made = read_weights(out)
    assert made.ranking["cosine"] > 0
    assert made.reading["read"] > 0
    assert json.loads(capsys.readouterr().out) == json.loads(out.read_text("utf-8"))
    assert json.loads(DEFAULT_WEIGHTS.read_text("utf-8")).keys() == json.loads(out.read_text("utf-8")).keys()


@pytest.fixture
def buildings(tmp_path):
    """A set of three documents, each asked when its building was built, with a question that has no answer."""
    built = {
        "bridge": "The bridge was built in 1901 by Anna Berg. It crosses the river Lee.",
        "school": "The school was built in 1955 by Otto Klein. It has two hundred pupils.",
        "church": "The church was built in 1730 by Jean Roux. Its bell weighs two tons.",
    }
    folder = tmp_path / "set"
    (folder / "corpus").mkdir(parents=True)
    asked = [{"id": "church-none", "lang": "en", "question": "When was the harbour sold?", "gold": []}]
    for name, text in built.items():
        (folder / "corpus" / f"{name}.txt").write_text(text, "utf-8")
        gold = [{"document": f"{name}.txt", "text": text.split(" by ")[0]}]
        asked.append({"id": f"{name}-1", "lang": "en", "question": f"When was the {name} built?", "gold": gold})
    (folder / "questions.jsonl").write_text("\n".join(json.dumps(question) for question in asked), "utf-8")
    return folder


def test_a_fit_looks_at_the_sentences_that_its_own_weights_prefer(embedder, articles, tmp_path):
    asked = ask_alone(IndexSettings(articles / "corpus", tmp_path / "data", BUILTIN_MODEL), embedder)
    asked = [replace(question, varied=False) for question in asked]

    def of_another_sentence(candidate):
        return replace(candidate, signals=replace(candidate.signals, best_cosine=0.0, best_match=0.0))

    others = [
        replace(
            question, candidates=[(of_another_sentence(candidate), right) for candidate, right in question.candidates]
        )
        for question in asked
    ]
    assert fit(asked, [], reads_as(0.0)) == fit(others, [], reads_as(0.0))


@pytest.fixture
def fitted(buildings, tmp_path):
    """The weights that are fitted to the buildings, with more options."""

    def run(*options):
        out = tmp_path / "weights.json"
        assert main([str(buildings), *options, "--work", str(tmp_path / "work"), "--out", str(out)]) == 0
        return read_weights(out)

    return run


def test_the_confidence_learns_from_questions_that_lost_their_answer(buildings, fitted):
    without, with_lost = fitted(), fitted("--complete", str(buildings))
    assert without.ranking == with_lost.ranking
    assert without.confidence != with_lost.confidence


def test_the_confidence_learns_from_documents_with_a_title(buildings, fitted, tmp_path):
    without, with_titles = fitted(), fitted("--titled", str(buildings))
    assert without.ranking == with_titles.ranking
    assert without.confidence != with_titles.confidence
    titled = read_document("bridge.txt", tmp_path / "work" / "set-titled" / "corpus" / "bridge.txt")
    assert titled.title == "Bridge"
    assert titled.text == (buildings / "corpus" / "bridge.txt").read_text("utf-8")


def test_a_document_alone_is_asked_what_it_does_not_answer_as_well(embedder, articles, tmp_path):
    everyday = read_questions(ROOT / "training" / "everyday.jsonl")
    asked = list(ask_alone(IndexSettings(articles / "corpus", tmp_path / "data", BUILTIN_MODEL), embedder, everyday))
    one, other = read_documents_with_questions(articles)
    of_everyday = {known.question for known in everyday}
    for (name, _, _), (_, _, not_its_own) in ((one, other), (other, one)):
        foreign = [question for question in asked if question.foreign and question.document == name]
        assert not any(question.answerable for question in foreign)
        questions = {question.known.question for question in foreign}
        assert len(questions & of_everyday) == 12
        assert len(questions & {known.question for known in not_its_own}) == 8
        assert len(questions) == 20


def test_questions_that_no_document_answers_say_what_reading_counts(fitted, articles, monkeypatch):
    monkeypatch.setattr("index.answering.is_doubtful", lambda *_: True)
    everyday = str(ROOT / "training" / "everyday.jsonl")
    without, with_everyday = fitted("--alone", str(articles)), fitted("--alone", str(articles), "--everyday", everyday)
    assert without.reading != with_everyday.reading


def test_documents_asked_alone_say_how_to_rank_and_what_reading_counts(fitted, articles, monkeypatch):
    # Of three questions none may be doubtful, and then there is nothing to fit.
    monkeypatch.setattr("index.answering.is_doubtful", lambda *_: True)
    without, with_alone = fitted(), fitted("--alone", str(articles))
    assert without.ranking != with_alone.ranking
    assert without.confidence != with_alone.confidence
    assert without.reading != with_alone.reading


@pytest.mark.parametrize(
    ("unanswerable", "said"), [(True, "nothing can be fitted"), (False, "no threshold can be set")]
)
def test_sets_that_tell_nothing_are_said_to(tmp_path, unanswerable, said):
    folder = tmp_path / "small"
    (folder / "corpus").mkdir(parents=True)
    (folder / "corpus" / "one.txt").write_text("The only passage says that the bridge was built in 1901.", "utf-8")
    gold = [{"document": "one.txt", "text": "the bridge was built in 1901"}]
    asked = [{"id": "1", "lang": "en", "question": "When was the bridge built?", "gold": gold}]
    if unanswerable:
        asked.append({"id": "2", "lang": "en", "question": "Who won the cup?", "gold": []})
    (folder / "questions.jsonl").write_text("\n".join(json.dumps(question) for question in asked), "utf-8")
    with pytest.raises(VerbatimError, match=said):
        main([str(folder), "--work", str(tmp_path / "work"), "--out", str(tmp_path / "weights.json")])


def test_everyday_questions_need_documents_to_ask(tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        main([str(tmp_path / "one"), "--everyday", str(tmp_path / "day.jsonl"), "--work", str(tmp_path / "work")])
    assert ended.value.code == 2
    assert "name the documents to ask with --alone" in capsys.readouterr().err


def test_a_complete_set_must_be_among_the_sets(tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        main([str(tmp_path / "one"), "--complete", str(tmp_path / "two"), "--work", str(tmp_path / "work")])
    assert ended.value.code == 2
    assert "two: name it among the sets, too" in capsys.readouterr().err
