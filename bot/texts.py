"""Every word the bot says of its own, in English and French; quotes stay in their document's language.

French follows its typography: a narrow no-break space before `? ! ;`, a no-break space before `:` and inside `« »`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Texts:
    """The interface in one language; names in braces are filled in by `str.format`."""

    abstention: str
    nearest: str
    next_passages: str
    no_more_passages: str
    small_talk: str
    paragraph: str
    open_source: str
    excerpt: str
    more_context: str
    read_on: str
    earlier: str
    later: str
    next: str
    previous: str
    next_page: str
    previous_page: str
    helpful: str
    not_helpful: str
    thanks: str
    thanks_reason: str
    reason_title: str
    reason_label: str
    reason_placeholder: str
    share: str
    shared_by: str
    asked: str
    too_soon: str
    queue_full: str
    closing: str
    bad_question: str
    nothing_asked: str
    unreadable_reply: str
    no_text: str
    gone: str
    changed: str
    failed: str
    forgotten: str
    nothing_to_forget: str
    sources: str
    sources_page: str
    source_passages: str
    source_unknown: str
    no_sources: str
    about: str
    median: str
    no_median: str
    privacy_on: str
    privacy_off: str
    privacy_log: str
    help: str


ENGLISH = Texts(
    abstention="**The documents do not answer this question.**",
    nearest="-# The nearest passages, which may not answer it:",
    next_passages="**Next passages**, from the nearest to the farthest:",
    no_more_passages="There are no more passages for this question.",
    small_talk=(
        "At your service! Ask me a question, and I quote the passages that answer it, word for word, with their source."
    ),
    paragraph="paragraph {number}",
    open_source="open at these words",
    excerpt="excerpt",
    more_context="More context",
    read_on="Read on",
    earlier="Earlier",
    later="Later",
    next="Next passages",
    previous="Previous passages",
    next_page="Next page",
    previous_page="Previous page",
    helpful="Helpful",
    not_helpful="Not helpful",
    thanks="Thank you, noted.",
    thanks_reason="Thank you, your remark is noted.",
    reason_title="What was wrong?",
    reason_label="Your remark (optional)",
    reason_placeholder="For example: the answer is in another paragraph",
    share="Share in the channel",
    shared_by="-# Shared by {user}",
    asked="**Question:** {question}",
    too_soon="One moment, please: you can ask again {when}.",
    queue_full="Many questions are waiting just now. Please ask again in a minute.",
    closing="I am restarting. Please ask again in a minute.",
    bad_question="I cannot look this up: please write a question in words, shorter than a page.",
    nothing_asked="What would you like to know? Write your question after my name.",
    unreadable_reply="I could not read this reply: please mention me in it.",
    no_text="This message has no text to look up.",
    gone="I no longer know this answer. Please ask the question again.",
    changed="The document has changed since this answer. Please ask the question again.",
    failed="Something went wrong, and it is noted under **{id}**. Please try again.",
    forgotten="Done: I deleted what I kept about you (questions: {answers}, opinions: {verdicts}).",
    nothing_to_forget="I keep nothing about you.",
    sources="**Documents I quote from** ({count})",
    sources_page="-# Page {page} of {pages}",
    source_passages="{count} passages",
    source_unknown="I have no document of that name: choose one that the command suggests.",
    no_sources="I have no documents yet.",
    about=(
        "**Verbatim** answers questions by quoting its documents word for word, or says that they do not answer.\n"
        "Documents: **{documents}**, cut into **{passages}** passages\n"
        "Index: `{generation}`, built {age}\n"
        "Model: `{model}`\n"
        "Answer time: {median}\n"
        "-# {privacy}"
    ),
    median="**{milliseconds} ms** (median)",
    no_median="no question yet",
    privacy_on=(
        "I keep questions, answers and opinions, and of who asked only a scrambled number. /forget-me deletes yours."
    ),
    privacy_off="I keep questions and answers in memory alone, until I am restarted.",
    privacy_log="Questions also stand in the operator’s log, which /forget-me does not reach.",
    help=(
        "**How to ask**\n"
        "- `/ask` and your question; with `private` only you see the answer\n"
        "- mention me, reply to one of my messages, or write to me directly\n"
        "- on a message: Apps, then “Find the answer”\n"
        "**Then**\n"
        "- reply with “and when?” to go on: I remember what was asked before\n"
        "- the buttons show the context, the next passages, or share a private answer\n"
        "- `/sources` lists my documents, `/about` says what I am, `/forget-me` deletes what I keep about you"
    ),
)

FRENCH = Texts(
    abstention="**Les documents ne répondent pas à cette question.**",
    nearest="-# Les passages les plus proches, qui n’y répondent peut-être pas\u00a0:",
    next_passages="**Passages suivants**, du plus proche au plus lointain\u00a0:",
    no_more_passages="Il n’y a plus d’autre passage pour cette question.",
    small_talk=(
        "À votre service\u202f! Posez-moi une question\u00a0: je cite mot pour mot les passages qui y répondent, "
        "avec leur source."
    ),
    paragraph="paragraphe {number}",
    open_source="ouvrir à ce passage",
    excerpt="extrait",
    more_context="Plus de contexte",
    read_on="Lire la suite",
    earlier="Avant",
    later="Après",
    next="Passages suivants",
    previous="Passages précédents",
    next_page="Page suivante",
    previous_page="Page précédente",
    helpful="Utile",
    not_helpful="Pas utile",
    thanks="Merci, c’est noté.",
    thanks_reason="Merci, votre remarque est notée.",
    reason_title="Qu’est-ce qui n’allait pas\u202f?",
    reason_label="Votre remarque (facultative)",
    reason_placeholder="Par exemple\u00a0: la réponse est dans un autre paragraphe",
    share="Partager dans le salon",
    shared_by="-# Partagé par {user}",
    asked="**Question\u00a0:** {question}",
    too_soon="Un instant, s’il vous plaît\u00a0: vous pourrez reposer une question {when}.",
    queue_full="Beaucoup de questions attendent en ce moment. Réessayez dans une minute.",
    closing="Je redémarre. Réessayez dans une minute.",
    bad_question="Je ne peux pas chercher cela\u00a0: écrivez une question en mots, plus courte qu’une page.",
    nothing_asked="Que voulez-vous savoir\u202f? Écrivez votre question après mon nom.",
    unreadable_reply="Je n’ai pas pu lire cette réponse\u00a0: mentionnez-moi dedans, s’il vous plaît.",
    no_text="Ce message ne contient pas de texte à chercher.",
    gone="Je ne connais plus cette réponse. Posez de nouveau la question.",
    changed="Le document a changé depuis cette réponse. Posez de nouveau la question.",
    failed="Une erreur s’est produite, notée sous **{id}**. Réessayez.",
    forgotten=(
        "C’est fait\u00a0: j’ai effacé ce que je gardais sur vous (questions\u00a0: {answers}, avis\u00a0: {verdicts})."
    ),
    nothing_to_forget="Je ne garde rien sur vous.",
    sources="**Les documents que je cite** ({count})",
    sources_page="-# Page {page} sur {pages}",
    source_passages="{count} passages",
    source_unknown="Je n’ai pas de document de ce nom\u00a0: choisissez-en un que la commande propose.",
    no_sources="Je n’ai pas encore de documents.",
    about=(
        "**Verbatim** répond aux questions en citant ses documents mot pour mot, ou dit qu’ils n’y répondent pas.\n"
        "Documents\u00a0: **{documents}**, découpés en **{passages}** passages\n"
        "Index\u00a0: `{generation}`, construit {age}\n"
        "Modèle\u00a0: `{model}`\n"
        "Temps de réponse\u00a0: {median}\n"
        "-# {privacy}"
    ),
    median="**{milliseconds} ms** (médiane)",
    no_median="pas encore de question",
    privacy_on=(
        "Je garde les questions, les réponses et les avis\u202f; de leurs auteurs, rien qu’un numéro brouillé. "
        "/oublie-moi efface les vôtres."
    ),
    privacy_off="Je ne garde les questions et les réponses qu’en mémoire, jusqu’à mon redémarrage.",
    privacy_log="Les questions figurent aussi dans le journal de l’opérateur, que /oublie-moi n’atteint pas.",
    help=(
        "**Comment demander**\n"
        "- `/demander` et votre question\u202f; avec `privé`, la réponse n’est visible que par vous\n"
        "- mentionnez-moi, répondez à l’un de mes messages, ou écrivez-moi directement\n"
        "- sur un message\u00a0: Applications, puis «\u00a0Trouver la réponse\u00a0»\n"
        "**Ensuite**\n"
        "- répondez «\u00a0et pourquoi\u202f?\u00a0» pour continuer\u00a0: je me souviens de ce qui précède\n"
        "- les boutons montrent le contexte, les passages suivants, ou partagent une réponse privée\n"
        "- `/sources` liste mes documents, `/à-propos` dit ce que je suis, `/oublie-moi` efface ce que j’ai de vous"
    ),
)

COMMANDS_IN_FRENCH = {
    "ask": "demander",
    "Ask a question: the documents answer, word for word": (
        "Poser une question\u00a0: les documents répondent, mot pour mot"
    ),
    "question": "question",
    "What you would like to know": "Ce que vous voulez savoir",
    "private": "privé",
    "Only you see the answer": "La réponse n’est visible que par vous",
    "Find the answer": "Trouver la réponse",
    "sources": "sources",
    "List the documents, or show one": "Lister les documents, ou en montrer un",
    "document": "document",
    "The document to show": "Le document à montrer",
    "about": "à-propos",
    "What this bot is and what it knows": "Ce qu’est ce bot et ce qu’il connaît",
    "help": "aide",
    "How to ask": "Comment demander",
    "forget-me": "oublie-moi",
    "Delete everything the bot keeps about you": "Effacer tout ce que le bot garde sur vous",
}
"""Names and descriptions of commands as Discord shows them to people who use it in French."""


def texts_for(language: str) -> Texts:
    """The interface for a locale or language code such as `fr`, `en-GB`; English for all others."""
    return FRENCH if language.lower().partition("-")[0] == "fr" else ENGLISH
