"""What is answered, quoted and lit up, and when the corpus is said not to answer: the built-in model on the article."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from index.answering import Judged, read_doubtful
from index.build import build
from index.errors import QuestionError
from index.evaluation import read_questions
from index.live import LiveIndex
from index.questions import context_of
from index.settings import IndexSettings

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def guide(embedder, tmp_path_factory):
    """An index of an English handbook: offices, people, and a paragraph that stands in it twice."""
    folder = tmp_path_factory.mktemp("guide")
    corpus = folder / "corpus"
    corpus.mkdir()
    twice = "The refund is paid within thirty days after the goods have come back to the warehouse in Lyon."
    (corpus / "guide.txt").write_text(
        "The main office opens at nine in the morning. It closes at five. On Fridays nobody answers the telephone.\n\n"
        f"{twice}\n\n"
        "Marta Kowalczyk, the head of accounting, signs every contract above ten thousand euros.\n\n"
        "The World Health Organization was told of the incident in 1997.\n\n"
        "Later that year Marta Kowalczyk wrote to the ministry once more.\n",
        "utf-8",
    )
    (corpus / "copy.txt").write_text(f"{twice}\n", "utf-8")
    settings = IndexSettings(corpus, folder / "data", "builtin")
    build(settings, load_model=lambda _: embedder)
    index = LiveIndex(settings, follow=False, load_model=lambda _: embedder)
    yield index
    index.close()


@pytest.mark.parametrize(
    "question",
    [
        "What is the Defense Production Act?",
        "Qu'est-ce que le Defense Production Act ?",
        "waht is teh defence producton act",
        "DEFENSE PRODUCTION ACT",
        "the DPA",
    ],
)
def test_the_act_is_found_however_it_is_asked_for(article_index, question):
    answer = article_index.ask(question)
    shown = (answer.quotes or answer.nearest)[0]
    assert "Defense Production Act, datant de 1950" in shown.text
    assert "Defense Production Act, datant de 1950" in shown.highlights[0].text


def test_a_sure_answer_is_given_with_high_confidence(article_index):
    answer = article_index.ask("Qui est Dario Amodei ?")
    assert answer.answered
    assert answer.confidence > 0.9
    assert "Dario Amodei, boss d'Anthropic" in answer.quotes[0].text


@pytest.fixture(scope="module")
def sentence(embedder, tmp_path_factory):
    """An index of a single sentence."""
    folder = tmp_path_factory.mktemp("sentence")
    (folder / "corpus").mkdir()
    (folder / "corpus" / "bridge.txt").write_text("The bridge over the Lee was built by Anna Berg in 1901.", "utf-8")
    settings = IndexSettings(folder / "corpus", folder / "data", "builtin")
    build(settings, load_model=lambda _: embedder)
    with closing(LiveIndex(settings, follow=False, load_model=lambda _: embedder)) as index:
        yield index


@pytest.mark.parametrize(
    "question", ["Who built the bridge?", "When was the bridge built?", "Qui a construit le pont ?"]
)
def test_a_corpus_of_one_passage_answers(sentence, question):
    assert sentence.ask(question).answered


@pytest.mark.parametrize("question", ["How long is the bridge?", "Where do the cats sleep?", "Où est l'école ?"])
def test_a_corpus_of_one_passage_does_not_answer_everything(sentence, question):
    assert not sentence.ask(question).answered


@pytest.mark.parametrize("question", ["who painted the Mona Lisa", "Quelle est la recette de la ratatouille ?"])
def test_what_the_corpus_does_not_say_is_not_answered(article_index, question):
    answer = article_index.ask(question)
    assert (answer.kind, answer.quotes) == ("abstention", ())
    assert len(answer.nearest) == 3
    assert answer.confidence < 0.2


@pytest.mark.parametrize("unknown", ["DPO", "DSA", "DMA", "DPI", "DPE"])
def test_an_acronym_that_the_corpus_lacks_is_not_taken_for_another(article_index, unknown):
    assert article_index.ask(f"What is the {unknown}?").kind == "abstention"


@pytest.mark.parametrize(
    ("question", "plain"),
    [
        ("Bonjour, qui est Dario Amodei ?", "qui est Dario Amodei ?"),
        ("Bonjour à tous, qui est Dario Amodei ? Merci d’avance !", "qui est Dario Amodei ?"),
        ("Hi, who is Dario Amodei?", "who is Dario Amodei?"),
        ("Who is Dario Amodei, thanks", "Who is Dario Amodei"),
        ("Qui est Dario Amodei stp", "Qui est Dario Amodei"),
    ],
)
def test_courtesy_changes_no_answer(article_index, question, plain):
    answer, expected = article_index.ask(question), article_index.ask(plain)
    assert answer.answered
    assert (answer.quotes, answer.confidence) == (expected.quotes, expected.confidence)


@pytest.mark.parametrize("question", ["what is ai?", "Where is my car?", "Comment faire un don ?", "Où vit l'ours ?"])
def test_a_thing_that_is_written_like_a_word_of_grammar_of_the_other_language_is_asked_about(article_index, question):
    assert article_index.ask(question).kind == "abstention"


def test_what_has_nothing_to_do_with_the_corpus_is_not_answered(article_index):
    everyday = read_questions(ROOT / "benchmarks" / "everyday.jsonl")
    assert [known.question for known in everyday if article_index.ask(known.question).answered] == []


@pytest.mark.parametrize("words", ["Nice est une ville ?", "Test results?", "Hello Kitty", "Hi-fi systems"])
def test_a_question_that_begins_like_a_greeting_is_one(article_index, words):
    assert article_index.ask(words).kind != "small talk"


@pytest.mark.parametrize("nothing", ["what?", "Quoi ?", "who is he", "Until when?", "since when?"])
def test_a_question_about_nothing_is_not_answered(article_index, nothing):
    assert article_index.ask(nothing).kind == "small talk"


@pytest.mark.parametrize(
    "greeting",
    [
        "good morning",
        "Salut !",
        "merci beaucoup",
        "thanks",
        "hello bot",
        "hello 👋",
        "d’accord, merci 🙏🏽",
        "Bonjour, ça va ?",
        "thanks a lot, bye",
        "oui",
        "haha",
        "Qui es-tu ?",
        "What can you do?",
    ],
)
def test_a_greeting_is_no_question(article_index, greeting):
    answer = article_index.ask(greeting)
    assert (answer.kind, answer.quotes, answer.nearest) == ("small talk", (), ())


@pytest.mark.parametrize("question", ["", " \n", "?!", "🙂🙂", "\u202e\u200b", "\uff9e", "why " * 1000])
def test_what_is_no_question_is_refused_in_words(article_index, question):
    with pytest.raises(QuestionError, match="question"):
        article_index.ask(question)


def test_every_quote_and_highlight_is_a_slice_of_its_document(guide):
    for question in ("When does the office open?", "Who signs contracts?", "refund"):
        answer = guide.ask(question)
        for quote in (*answer.quotes, *answer.nearest):
            document = (guide._settings.corpus_dir / quote.document).read_text("utf-8")
            assert document[quote.start : quote.end] == quote.text
            for lit in quote.highlights:
                assert quote.text[lit.start - quote.start : lit.end - quote.start] == lit.text


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Les concurrents d'Anthropic ont-ils des réserves ?", "Contrairement à ses grands rivaux"),
        ("Qui est Pete Hegseth ?", "le secrétaire à la Défense des États-Unis"),
        ("Which military uses does Anthropic refuse?", "la surveillance domestique de masse"),
    ],
)
def test_a_passage_that_is_merely_near_is_not_quoted_beside_the_answer(article_index, question, text):
    assert [text in quote.text for quote in article_index.ask(question).quotes] == [True]


@pytest.mark.parametrize(
    ("question", "offices"),
    [
        ("When does the office open?", {"Lyon", "Paris"}),
        ("When does the office in Lyon open?", {"Lyon"}),
        ("At what time does the office in Paris open?", {"Paris"}),
    ],
)
def test_passages_that_answer_as_well_as_each_other_are_both_quoted(embedder, tmp_path, question, offices):
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "lyon.txt").write_text("The office in Lyon opens at nine. Parcels go to the back door.\n", "utf-8")
    (corpus / "paris.txt").write_text("The office in Paris opens at ten. Visitors ring the bell twice.\n", "utf-8")
    (corpus / "post.txt").write_text("Invoices are sent by post. A copy of each is kept.\n", "utf-8")
    settings = IndexSettings(corpus, tmp_path / "data", "builtin")
    build(settings, load_model=lambda _: embedder)
    with closing(LiveIndex(settings, follow=False, load_model=lambda _: embedder)) as index:
        quotes = index.ask(question).quotes
    assert {quote.text.split()[3] for quote in quotes} == offices


def test_the_sentence_that_answers_is_lit(guide):
    quote = guide.ask("At what time does the main office open?").quotes[0]
    assert quote.highlights[0].text == "The main office opens at nine in the morning."


def test_a_passage_that_stands_twice_is_shown_once(guide):
    answer = guide.ask("When is the refund paid?")
    texts = [quote.text for quote in (*answer.quotes, *guide.more("When is the refund paid?", skip=0, limit=5))]
    assert texts[0].startswith("The refund is paid within thirty days")
    assert len(guide.more("When is the refund paid?", skip=0, limit=5)) == len(
        {quote.text for quote in guide.more("When is the refund paid?", skip=0, limit=5)}
    )


def test_who_somebody_is_is_answered_where_they_are_introduced(guide):
    assert "the head of accounting" in guide.ask("Who is Marta Kowalczyk?").quotes[0].text


def test_a_year_an_acronym_and_a_number_find_their_passage(guide):
    for question in ("1997", "WHO incident", "ten thousand"):
        answer = guide.ask(question)
        found = (answer.quotes or answer.nearest)[0].text
        assert ("1997" in found) or ("ten thousand" in found)


def test_a_follow_up_is_understood_with_the_question_before_it(guide):
    before = "Who signs every contract?"
    alone, together = guide.ask("and where?"), guide.ask("and where?", previous=[before])
    assert "signs every contract" in (together.quotes or together.nearest)[0].text
    assert together.confidence > alone.confidence


@pytest.mark.parametrize(
    ("question", "goes_on"),
    [
        ("and when?", True),
        ("et pourquoi ?", True),
        ("who is he?", True),
        ("and in France?", True),
        ("How old is he?", True),
        ("which party did she join?", True),
        ("When was it built?", True),
        ("What are their limits?", True),
        ("Où habite-t-il ?", True),
        ("Quel âge a-t-elle ?", True),
        ("Pourquoi l’ont-ils refusé ?", True),
        ("Combien d'employés ont-ils ?", True),
        ("Quel est son rôle ?", True),
        ("since when?", True),
        ("Quand cette loi a-t-elle été votée ?", True),
        ("Or, quand est-il né ?", True),
        ("Who is Pete Hegseth?", False),
        ("And who is Pete Hegseth?", False),
        ("What does IT mean?", False),
        ("Que se passe-t-il en cas de refus ?", False),
        ("Which country left its allies?", False),
        ("What happened this year?", False),
        ("Quand expire l'ultimatum ?", False),
        ("Can a tenant leave when he wants?", False),
        ("What did Dario Amodei say about them?", False),
        ("What does the firm want from them?", False),
        ("How long does it take to appeal?", False),
        ("Le Pentagone peut-il réquisitionner Claude ?", False),
        ("Que risque l'entreprise si elle refuse ?", False),
        ("Combien de jours y a-t-il ?", False),
        ("Est-il possible de refuser ?", False),
        ("Why did they refuse to let anybody use the model for mass surveillance?", False),
    ],
)
def test_only_a_follow_up_is_read_with_what_was_asked_before(question, goes_on):
    assert context_of(question, ["What was refused?"]) == ("What was refused?" if goes_on else "")


def test_the_same_question_again_is_answered_from_memory(guide):
    first, again = guide.ask("Who wrote to the ministry?"), guide.ask("Who wrote to the ministry?")
    assert (again.quotes, again.nearest, again.confidence) == (first.quotes, first.nearest, first.confidence)
    assert first.stages
    assert not again.stages


@pytest.mark.parametrize(
    ("previous", "context"),
    [
        (["Who is Dario Amodei?", "and when?"], "Who is Dario Amodei?"),
        (["What is the DPA?", "Who is Dario Amodei?", "Thanks!"], "Who is Dario Amodei?"),
        (["Who was told of it?", "and in France?", "why?"], "Who was told of it? and in France?"),
        (["hello", "why?"], ""),
        ([], ""),
    ],
)
def test_a_follow_up_of_a_follow_up_goes_on_from_what_was_asked_first(previous, context):
    assert context_of("and why?", previous) == context


@pytest.mark.parametrize("doubtful", [True, False])
def test_the_best_passage_is_read_and_only_in_doubt(guide, monkeypatch, doubtful):
    answerer = guide._serving.answerer
    real, read = answerer._read, []
    monkeypatch.setattr(answerer, "_read", lambda *arguments: read.append(arguments) or real(*arguments))
    monkeypatch.setattr("index.answering.is_doubtful", lambda *_: doubtful)
    question = f"Who signs contracts, in {'doubt' if doubtful else 'truth'}?"
    quote = (guide.ask(question).quotes or guide.ask(question).nearest)[0]
    assert [(asked, "".join(sentences)) for asked, _, sentences in read] == [(question, quote.text)] * doubtful


def test_what_reads_like_an_answer_is_surer_and_what_does_not_less(guide, monkeypatch):
    answerer = guide._serving.answerer
    found = {}
    monkeypatch.setattr("index.answering.is_doubtful", lambda *_: True)
    for likely in (-8.0, 8.0):
        monkeypatch.setattr(answerer, "_read", lambda _q, _c, sentences, odds=likely: np.full(len(sentences), odds))
        found[likely] = guide.ask(f"Who signs the contracts {'above' if likely > 0 else 'below'} that sum?").confidence
    assert found[-8.0] < found[8.0]


@pytest.mark.parametrize(
    ("tie", "likeliest", "first"), [(9.0, "Later", "Later"), (9.0, "Marta", "Marta"), (0.0, "Later", "Marta")]
)
def test_of_two_that_rank_nearly_alike_the_one_that_reads_like_an_answer_is_first(
    guide, monkeypatch, tie, likeliest, first
):
    def read(_question, _context, sentences):
        return np.full(len(sentences), 60.0 if sentences[0].startswith(likeliest) else -60.0)

    monkeypatch.setattr(guide._serving.answerer, "_read", read)
    monkeypatch.setattr("index.answering.is_doubtful", lambda *_: True)
    monkeypatch.setattr("index.answering._NEAR_ENOUGH_TO_READ", tie)
    question = f"Marta Kowalczyk and contracts, {likeliest}, within {tie}"
    assert [quote.text.split()[0] for quote in guide.more(question, skip=0, limit=2)] == [
        first,
        {"Later": "Marta", "Marta": "Later"}[first],
    ]


@pytest.mark.parametrize(
    ("behind", "better", "read", "first"),
    [(0.005, 1.0, 2, 1), (0.03, 1.0, 2, 0), (0.03, 4.0, 2, 1), (0.03, -4.0, 2, 0), (0.05, 60.0, 1, 0)],
)
def test_a_higher_score_outweighs_what_reads_only_a_little_better(guide, behind, better, read, first):
    searcher = guide._serving.answerer._searcher
    candidates = searcher.candidates(searcher.query("Marta Kowalczyk signs contracts"), 3)
    scores = (1.0, 1.0 - behind, 1.0 - behind)
    judged = [
        Judged(replace(candidate, score=score), 0.0, 0.5, np.zeros(1))
        for candidate, score in zip(candidates, scores, strict=False)
    ]
    found = {judged[0].candidate.passage.sentence_texts[0]: 0.0}
    doubtful = read_doubtful("", judged, lambda _q, _c, sentences: np.array([found.get(sentences[0], better)]))
    assert len(doubtful) == read
    assert doubtful[0][0].candidate.passage == judged[first].candidate.passage
    assert [each.candidate.score for each, _ in doubtful] == list(scores[:read])


def test_the_first_passage_is_the_same_however_many_are_asked_for(guide, monkeypatch):
    monkeypatch.setattr("index.answering.is_doubtful", lambda *_: True)
    monkeypatch.setattr("index.answering._NEAR_ENOUGH_TO_READ", 9.0)
    question = "Which letters did Marta Kowalczyk write?"
    firsts = {guide.more(question, skip=0, limit=limit)[0].text for limit in (1, 2, 3, 5)}
    assert len(firsts) == 1
