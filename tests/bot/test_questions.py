"""Which messages ask something, in two languages, where nobody addressed the bot."""

from __future__ import annotations

import pytest

from bot.questions import looks_like_question, question_of

ASKING = (
    "When does the office open?",
    "who is the keeper of the lighthouse",
    "What's the deadline for the report",
    "Is there a museum in the village",
    "Hello, how do I renew my card",
    "can you tell me where it is ?",
    "does anyone know the opening hours",
    "Does the ticket cost three euros",
    "I read the report. Which page was it on?",
    "Qui est Dario Amodei ?",
    "quelle est la date limite du rapport",
    "Bonjour, comment renouveler sa carte",
    "c'est quoi le Defense Production Act",
    "est-ce que la boulangerie ouvre le lundi",
    "Y a-t-il un musée dans le village",
    "Peut-on visiter le phare en juillet",
    "Pourquoi le conflit a-t-il commencé ?",
    "Où se trouve le phare",
    "Le phare est-il ouvert ?",
    "qu'est-ce que le Titre 1 autorise",
    "Is Anthropic still used by the army",
    "does Élodie work on Mondays",
    "Anthropic est-elle sur la liste noire",
    "Le Pentagone peut-il faire cela",
    "savez-vous où est la carte",
    "when does it open on Sundays",
    "quand expire la carte du club",
)
NOT_ASKING = (
    "",
    "hello everyone",
    "I like lighthouses very much.",
    "The lighthouse is open on Sundays.",
    "J'aime beaucoup les phares.",
    "Le phare est ouvert le dimanche.",
    "Merci beaucoup à tous !",
    "???",
    "ok?",
    "what",
    "!play what is love?",
    "/roll what?",
    "> Who is the keeper?\nIt was Henri, I believe.",
    "I read this:\n>>> Who is the keeper?\nAnd when?",
    "look at https://example.org/search?q=lighthouse",
    "```what = why if how else None```",
    "What a lovely day it is today! " * 30,
    "Qualité et prix sont excellents ici",
    "Rendez-vous demain à 10 heures",
    "Servez-vous il reste du gâteau",
    "Que tout le monde se calme",
    "Quand je rentre je vous appelle",
    "When I get home I will call you",
    "What a nice day everyone",
    "Comment from the manager below",
    "had lunch with them today",
)


@pytest.mark.parametrize("text", ASKING)
def test_a_question_is_recognised(text: str):
    assert looks_like_question(text)


@pytest.mark.parametrize("text", NOT_ASKING)
def test_other_talk_is_left_alone(text: str):
    assert not looks_like_question(text)


def test_a_question_has_names_for_its_mentions():
    content = "<@!1>  what is <:logo:2> this\nabout, </ask now:3> in <#4> by <@&5>?"
    assert question_of(content, lambda kind, number: f"[{kind} {number}]") == (
        "[@ 1] what is this about, /ask now in [# 4] by [@& 5]?"
    )
