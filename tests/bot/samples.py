"""Quotes and answers to draw, made by hand or by hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

from index.answer import Answer, Highlight, Quote

# Texts that try to be more than text, in Discord's Markdown and in Unicode.
HOSTILE = (
    "@everyone", "@here", "<@123456789012345678>", "<@!123456789012345678>", "<@&123456789012345678>",
    "<#123456789012345678>", "<t:1700000000:R>", "<:name:123456789012345678>", "<a:name:123456789012345678>",
    "</ask:123456789012345678>", "<id:guide>", ":smile:", "**bold**", "__under__", "*em*", "_em_", "~~gone~~",
    "||spoiler||", "`code`", "```\nblock\n```", "# heading", "### heading", "-# small", "> quote", ">>> quote",
    "- item", "* item", "1. item", "12) item", "  - nested", "[label](https://evil.example)",
    "[label](<https://evil.example>)", "https://evil.example/a_b_c", "http://x.y", "<https://evil.example>",
    "<mailto:a@b.example>", "¯\\_(ツ)_/¯", "\\", "\\\\", "\\*", "**", "****", "***", "\u202eevil\u202c",
    "\u2066x\u2069", "\u200b", "\u200d", "\ufeff", "\u00ad", "\x00", "\x1b[31m", "\r", "\r\n", "\u2028",
    "⟦U+0041⟧", "⟦", "⟧", "\ud800", "e" + "\u0301" * 20, "👩\u200d💻", "❤\ufe0f", "1\ufe0f\u20e3", "שלום", "مرحبا",
    "\n", "\n\n", " ", "\t", "\u00a0", "\u202f", "«\u00a0Non\u00a0!\u00a0»", "L'État, c'est moi.", "U+202E",
    "\U000e0041", "\u2800",
)  # fmt: skip

texts = st.lists(
    st.one_of(st.sampled_from(HOSTILE), st.text(max_size=12), st.text(alphabet="*_\\`~|<>[]()#-+.:@ \n1a", max_size=8)),
    max_size=14,
).map("".join)


@st.composite
def texts_with_spans(draw: st.DrawFn) -> tuple[str, list[tuple[int, int]]]:
    """A text and slices of it, in any order, overlapping or not."""
    text = draw(texts)
    offset = st.integers(0, len(text))
    spans = draw(st.lists(st.tuples(offset, offset).map(lambda pair: (min(pair), max(pair))), max_size=4))
    return text, spans


def quote(
    text: str = "One sentence. Another one.", *spans: tuple[int, int], start: int = 40, **fields: object
) -> Quote:
    """A quote of a document in which it stands at `start`; `spans` are highlights, as offsets in `text`."""
    values: dict[str, object] = {
        "document": "folder/document.md",
        "title": "A title",
        "source": "",
        "date": "",
        "language": "en",
        "heading": "",
        "paragraph": 3,
        "start": start,
        "end": start + len(text),
        "text": text,
        "highlights": tuple(Highlight(start + a, start + b, text[a:b]) for a, b in spans),
        "score": 0.8,
    }
    return Quote(**{**values, **fields})  # type: ignore[arg-type]


def answer(*quotes: Quote, kind: str = "answer", question: str = "Who?", **fields: object) -> Answer:
    values: dict[str, object] = {
        "id": "abcDEF123_-x",
        "question": question,
        "kind": kind,
        "language": "en",
        "confidence": 0.9,
        "quotes": quotes if kind == "answer" else (),
        "nearest": quotes if kind == "abstention" else (),
        "generation": "000001-abcdef",
        "elapsed_ms": 11.0,
    }
    return Answer(**{**values, **fields})  # type: ignore[arg-type]


@st.composite
def quotes(draw: st.DrawFn, longest: int = 60) -> Quote:
    """Any quote: any text, any highlights in it, any title, heading, date and source."""
    text, spans = draw(texts_with_spans())
    text = (text or "x") * draw(st.integers(1, longest))
    merged = [span for span in sorted(spans) if span[0] < span[1]]
    return quote(
        text,
        *merged,
        start=draw(st.integers(0, 10_000)),
        title=draw(texts),
        heading=draw(texts),
        date=draw(st.sampled_from(("", "2026-02-24", "**x**"))),
        source=draw(st.one_of(st.sampled_from(("", "https://example.org/a", "javascript:alert(1)")), texts)),
        paragraph=draw(st.integers(1, 10**6)),
    )
