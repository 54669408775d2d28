"""What a line of text is: a heading, an item of a list, the end of a sentence."""

from __future__ import annotations

import re

LINE_END = re.compile(r"\r\n|\r|\n")
ROW = re.compile(r"[ \t]*\|")
WORD = re.compile(r"[^\W_]")
BULLET = r"[-*+•–—·▪]"
LIST_ITEM = re.compile(rf"\s*(?:{BULLET}|\d{{1,3}}[.)]|[a-z][.)])\s")
LABELLED = re.compile(r"[ \t]*(?:\*\*|__)?[A-ZÀ-ÖØ-Þ0-9][^:\r\n]{0,40}:(?:\*\*|__)?[ \t]+(?=\S)")
"""The beginning of a line that gives the value of something: "Reception: 555 01 02"."""
NUMBER_GIVEN = re.compile(r"[^:\d]{1,40}:\s[+(€$£]?\d")
"""The beginning of one that gives a number: "Next meeting: 7 April". "Part 2: Fees" is a heading."""
HEADING_WIDTH = 120
_NO_HEADING = ("`", "~~~", ">", "|")
_SENTENCE_END = re.compile(r"""[.!?…:;,。！？؟।][\s"'»”’)\]]*\Z""")


def ends_sentence(line: str) -> bool:
    """Whether a line ends with a stop, a colon or a comma, perhaps behind closing quotes and brackets."""
    return _SENTENCE_END.search(line[-12:]) is not None


def looks_like_heading(line: str) -> bool:
    """Whether a line of plain text may be a heading: short, with words, no stop at its end (a ? is none).

    One line without white space at its ends is expected; several lines are no heading, nor is a list item, code, a
    quotation, a row of a table or what gives a number.
    """
    return (
        len(line) <= HEADING_WIDTH
        and (line.endswith("?") or not ends_sentence(line))
        and WORD.search(line) is not None
        and LIST_ITEM.match(line) is None
        and NUMBER_GIVEN.match(line) is None
        and not line.startswith(_NO_HEADING)
        and LINE_END.search(line) is None
    )
