"""The numbers of `eval` mean what the documentation says."""

from __future__ import annotations

import pytest

from index.evaluation import Gold, KnownQuestion, Outcome, by_language, measure, read_questions, score, table
from tests.bot.samples import answer, quote


def outcome(**fields):
    default = {
        "language": "en",
        "answerable": True,
        "answered": True,
        "confidence": 0.5,
        "hit_1": True,
        "hit_3": True,
        "lit": True,
        "milliseconds": 10.0,
    }
    return Outcome(**{**default, **fields})


def test_shares_are_of_the_questions_they_are_about():
    scores = score(
        [
            outcome(),
            outcome(hit_1=False, lit=False, answered=False, confidence=0.2, milliseconds=30.0),
            outcome(hit_1=False, hit_3=False, lit=False, milliseconds=20.0),
            outcome(answerable=False, hit_1=False, hit_3=False, confidence=0.3),
        ]
    )
    assert scores.questions == 4
    assert (scores.hit_1, scores.hit_3, scores.highlight) == (1 / 3, 2 / 3, 1 / 3)
    assert (scores.answered, scores.false_answers) == (2 / 3, 1.0)
    assert scores.auroc == pytest.approx(2 / 3)
    assert scores.median_ms == 15.0


def test_a_hit_is_told_by_rank_whatever_is_quoted():
    """Where the first and the third passage are quoted, the second is still one of the best three."""
    ranked = [quote(f"Passage {number}.", paragraph=number) for number in range(1, 5)]

    class Index:
        def ask(self, _question, **_fields):
            return answer(ranked[0], ranked[2])

        def more(self, _question, *, skip, limit):
            return ranked[skip : skip + limit]

    def known(number):
        return KnownQuestion("1", "en", "Which?", (Gold("folder/document.md", f"Passage {number}."),))

    outcomes = measure(Index(), [known(number) for number in range(1, 5)])
    assert [(one.hit_1, one.hit_3) for one in outcomes] == [(True, True), (False, True), (False, True), (False, False)]


def test_what_was_not_asked_has_no_share():
    scores = score([outcome(answerable=False)])
    assert (scores.hit_1, scores.answered, scores.auroc) == (None, None, None)
    assert "–" in table({("a", "en"): scores})


def test_equal_confidence_is_half_a_win():
    assert score([outcome(), outcome(answerable=False)]).auroc == 0.5


def test_languages_have_a_line_each_and_one_for_all():
    lines = by_language("set", [outcome(), outcome(language="fr"), outcome(language="fr")])
    assert [(language, line.questions) for (_, language), line in lines.items()] == [("en", 1), ("fr", 2), ("all", 3)]
    assert list(by_language("set", [outcome()])) == [("set", "en")]
    rows = table(lines).splitlines()
    assert len(rows) == 4
    assert len({len(row) for row in rows}) == 1


def test_questions_saved_with_a_byte_order_mark_are_read(tmp_path):
    line = '{"question": "Who?", "lang": "en", "gold": []}\n'
    (tmp_path / "questions.jsonl").write_bytes(b"\xef\xbb\xbf" + line.encode())
    assert [known.question for known in read_questions(tmp_path / "questions.jsonl")] == ["Who?"]
