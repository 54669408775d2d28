"""The main content of a web page, as trafilatura finds it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from index.formats.extract import Extract, joined, parsing, row_of
from index.formats.lines import ends_sentence

# Of the elements that trafilatura makes of a page, those that are not in the midst of a line, and what holds them.
_PAGE_PARTS = ("body", "quote", "list", "table")
_PAGE_BLOCKS = ("head", "p", "item", "row", *_PAGE_PARTS)
_CELL = "\x1f"  # No page can hold one.


def read_html(data: bytes) -> Extract:
    """The main content of a page, without its menus and scripts."""
    import trafilatura

    with parsing("HTML"):
        tree = trafilatura.load_html(data)
        if tree is not None:
            _mark_content(tree)
        page = trafilatura.bare_extraction(
            tree,
            with_metadata=True,
            include_comments=False,
            date_extraction_params={"extensive_search": False, "original_date": True},
        )
        if tree is None or page is None or isinstance(page, dict) or page.body is None:
            return Extract(text=trafilatura.html2txt(data))
        # The extracted page has lost what number such items begin with: a mark is better than a wrong one.
        numbered = not tree.xpath("//ol[@start or @reversed or ol or ul] | //li[@value]")
        blocks = list(_page_blocks(page.body, numbered=numbered))
    return replace(
        joined(blocks),
        title=page.title or "",
        source=page.url or "",
        date=page.date or "",
    )


def _mark_content(tree: Any) -> None:
    """Put all of a page's body into a `<main>`, where no element says that it is the content.

    Of such a page trafilatura keeps the paragraphs alone, without headings and lists.
    """
    from lxml.html import Element
    from trafilatura.xpaths import BODY_XPATH

    body = tree.find("body")
    if body is None or any(is_content(tree) for is_content in BODY_XPATH):
        return
    main = Element("main")
    main.text, body.text = body.text, None
    main.extend(list(body))
    body.append(main)


def _page_blocks(body: Any, *, numbered: bool) -> Iterator[tuple[str, int]]:
    """The paragraphs of the main content, an lxml element, with the level of a heading. Every text is in one of them.

    A heading is one, and so is a row of a table, whatever they hold. Where the lists of the page are `numbered` from 1,
    one by one, so are their items. A term stands before what it means.
    """
    from lxml import etree

    text: list[str] = []
    whole = None  # The heading or row that the walk is in.
    mark = ""
    for event, element in etree.iterwalk(body, events=("start", "end")):
        # Code stands alone only where nothing is written beside it.
        is_block = element.tag in _PAGE_BLOCKS or (element.tag == "code" and element.getparent().tag in _PAGE_PARTS)
        if is_block and whole in (None, element):
            words = _page_words(text)
            if words and event == "end" and element.get("rend", "").startswith("dt"):
                mark += f"{words} " if ends_sentence(words) else f"{words}: "
            elif words:
                yield mark + words, _page_level(element) if event == "end" and element.tag == "head" else 0
                mark = ""
            if element.tag == "item" and event == "start":
                mark += _item_mark(element, numbered=numbered)
            elif element.tag == "item" and element.getparent().get("rend") != "dl":
                mark = ""
            elif element.tag == "table" and event == "end":
                yield "", 0
            elif element.tag == "list" and event == "end" and mark:
                yield mark.rstrip(": "), 0  # A term that nothing follows.
                mark = ""
            text = []
            whole = element if event == "start" and element.tag in ("head", "row") else None
        elif is_block or element.tag == "lb":
            text.append(" ")
        if event == "start" and element.tag == "cell":
            text.append(_CELL)
        text.append((element.text if event == "start" else element.tail) or "")
    yield _page_words(text), 0


def _page_level(head: Any) -> int:
    """The level of a heading, of which the element says `h2`."""
    level = head.get("rend", "")[1:]
    return int(level) if level.isdecimal() else 1


def _item_mark(item: Any, *, numbered: bool) -> str:
    """What stands before an item of a list of points or numbers; a list of terms has no marks."""
    kind = item.getparent().get("rend")
    if kind == "ol" and numbered:
        return f"{item.getparent().index(item) + 1}. "
    return "- " if kind in ("ol", "ul") else ""


def _page_words(text: Iterable[str]) -> str:
    first, *cells = (" ".join(cell.split()) for cell in "".join(text).split(_CELL))
    return row_of([*filter(None, [first]), *cells])
