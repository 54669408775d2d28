"""Questions in both languages from templates: what a dictionary term, a law or a marginal note can be asked about."""

from __future__ import annotations

from random import Random

from training.data import Pair, Section

_TERM = (
    ("What is {e}?", "Qu'est-ce que {f} ?"),
    ("What is {e}?", "{f} : qu'est-ce que c'est ?"),
    ("What is {e}?", "C'est quoi {f} ?"),
    ("What does {e} mean?", "Que signifie {f} ?"),
    ("What does {e} mean?", "Que veut dire {f} ?"),
    ("Who is {e}?", "Qui est {f} ?"),
    ("Where is {e}?", "Où se trouve {f} ?"),
    ("Where can I find {e}?", "Où trouver {f} ?"),
    ("How much does {e} cost?", "Combien coûte {f} ?"),
    ("How many {e} are there?", "Combien y a-t-il de {f} ?"),
    ("What is the price of {e}?", "Quel est le prix de {f} ?"),
    ("How does {e} work?", "Comment fonctionne {f} ?"),
    ("What is {e} used for?", "À quoi sert {f} ?"),
    ("Why {e}?", "Pourquoi {f} ?"),
    ("When was {e} created?", "Quand {f} a-t-il été créé ?"),
    ("When does {e} end?", "Quand se termine {f} ?"),
    ("When did {e} start?", "Quand a commencé {f} ?"),
    ("What are the risks of {e}?", "Quels sont les risques de {f} ?"),
    ("What are the consequences of {e}?", "Quelles sont les conséquences de {f} ?"),
    ("Who invented {e}?", "Qui a inventé {f} ?"),
    ("Who makes {e}?", "Qui fabrique {f} ?"),
    ("Who owns {e}?", "À qui appartient {f} ?"),
    ("Who decides about {e}?", "Qui décide de {f} ?"),
    ("Is {e} dangerous?", "{f}, est-ce dangereux ?"),
    ("Is {e} allowed?", "Est-ce que {f} est autorisé ?"),
    ("Is {e} forbidden?", "{f} est-il interdit ?"),
    ("Is {e} mandatory?", "{f} : est-ce obligatoire ?"),
    ("Can I use {e}?", "Puis-je utiliser {f} ?"),
    ("Can my employer use {e}?", "Mon employeur peut-il utiliser {f} ?"),
    ("Do I have the right to refuse {e}?", "Ai-je le droit de refuser {f} ?"),
    ("What to do about {e}?", "Que faire en cas de {f} ?"),
    ("How to get {e}?", "Comment obtenir {f} ?"),
    ("How to remove {e}?", "Comment supprimer {f} ?"),
    ("Which {e} is the best?", "Quel est le meilleur {f} ?"),
    ("What kinds of {e} are there?", "Quels types de {f} existe-t-il ?"),
    ("What is the difference between {e} and {e2}?", "Quelle est la différence entre {f} et {f2} ?"),
    ("What do people say about {e}?", "Que dit-on de {f} ?"),
    ("Who is against {e}?", "Qui s'oppose à {f} ?"),
    ("Who is responsible for {e}?", "Qui est responsable de {f} ?"),
    ("What happened to {e}?", "Qu'est-il arrivé à {f} ?"),
    ("{e} and {e2}: what is the link?", "{f} et {f2} : quel est le lien ?"),
)
_NOTE = (
    ("What does the law say about {e}?", "Que dit la loi sur {f} ?"),
    ("What are the rules on {e}?", "Quelles sont les règles sur {f} ?"),
    ("{e}: what are the conditions?", "{f} : quelles sont les conditions ?"),
    ("{e}: what must I do?", "{f} : que dois-je faire ?"),
    ("{e}: how long?", "{f} : combien de temps ?"),
    ("{e}: who decides?", "{f} : qui décide ?"),
    ("Is there an exception for {e}?", "Y a-t-il une exception pour {f} ?"),
)
_ACT = (
    ("What is the {e}?", "Qu'est-ce que : {f} ?"),
    ("When was the {e} passed?", "De quand date la {f} ?"),
    ("What does the {e} provide?", "Que prévoit la {f} ?"),
    ("Who does the {e} apply to?", "À qui s'applique la {f} ?"),
)


def _lower(text: str) -> str:
    """Return `text` without its capital, unless it is an abbreviation."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def templates(pick: Random, terms: list[Pair], sections: list[Section]) -> tuple[str, str]:
    """Return one question, (English, French)."""
    kind = pick.random()
    if kind < 0.7 or not sections:
        english, french = pick.choice(_TERM)
        one, two = pick.choice(terms), pick.choice(terms)
        return (
            english.format(e=one.english, e2=two.english),
            french.format(f=one.french, f2=two.french),
        )
    section = pick.choice(sections)
    if kind < 0.9:
        english, french = pick.choice(_NOTE)
        return english.format(e=_lower(section.note_english)), french.format(f=_lower(section.note_french))
    english, french = pick.choice(_ACT)
    return english.format(e=section.title_english), french.format(f=section.title_french)
