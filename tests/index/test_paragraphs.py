"""Where a paragraph begins and ends, and which heading it stands under."""

from __future__ import annotations

import pytest

from index.passages import cut
from tests.index.cutting import headed, plain, quotes, read


def test_markdown_headings_are_context_and_code_is_no_heading(tmp_path, embedder):
    text = (
        "# The title\n\nThe first paragraph.\n\n## Section *one* ##\n\nThe second.\n\nSection two\n-----------\n\n"
        "The third.\n\n```sh\n# no heading, a comment\nls\n```\n\nThe last one.\n"
    )
    document = read(tmp_path, "a.md", text)
    passages = cut(document, embedder.count_tokens, embedder.max_tokens)
    assert document.title == "The title"
    assert [(passage.heading, passage.text) for passage in passages] == [
        ("", "The first paragraph."),
        ("Section *one*", "The second."),
        ("Section two", "The third."),
        ("Section two", "```sh\n# no heading, a comment\nls\n```"),
        ("Section two", "The last one."),
    ]


def test_fenced_code_is_a_passage_with_its_blank_lines_and_goes_with_what_announces_it(tmp_path, embedder):
    text = (
        "# Tool\n\nTo install it, run:\n\n```sh\npip install tool\n\ntool --init\n```\n\nIt says that it is done.\n\n"
        "~~~\none\n\n```\n\ntwo\n~~~~\nA paragraph.\n\n```a``` is code.\n\n"
        "```\nNothing closes this one.\n\nThe last one.\n"
    )
    for ending in ("md", "txt"):
        passages = cut(read(tmp_path, f"a.{ending}", text), embedder.count_tokens, embedder.max_tokens)
        assert [passage.text for passage in passages if passage.text != "# Tool"] == [
            "To install it, run:\n\n```sh\npip install tool\n\ntool --init\n```",
            "It says that it is done.",
            "~~~\none\n\n```\n\ntwo\n~~~~",
            "A paragraph.",
            "```a``` is code.",
            "```\nNothing closes this one.",
            "The last one.",
        ]


def test_a_paragraph_with_a_rule_right_below_it_is_quoted(tmp_path, embedder):
    text = "# Title\n\nA whole paragraph that ends in a full stop.\n---\nAnother paragraph, below the rule.\n"
    passages = cut(read(tmp_path, "a.md", text), embedder.count_tokens, embedder.max_tokens)
    assert [passage.text for passage in passages] == [
        "A whole paragraph that ends in a full stop.",
        "Another paragraph, below the rule.",
    ]


@pytest.mark.parametrize("width", [60, 72, 90, 140, 250])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_wrapped_lines_are_one_paragraph(embedder, width, line_end):
    import textwrap

    one = "The committee met on a Tuesday in a hall that nobody had heated, and agreed on little but the date. " * 6
    two = "What it agreed on was written down by a clerk, who lost the paper the same evening on his way home. " * 6
    wrapped = [textwrap.fill(paragraph, width).replace("\n", line_end) for paragraph in (one, two)]
    assert quotes((line_end * 2).join(wrapped), embedder) == wrapped


def test_a_list_goes_with_the_line_that_opens_it(embedder):
    text = "The bot needs three things:\n\n- a corpus\n- an index\n- a question\n\nThen it answers."
    assert quotes(text, embedder) == [
        "The bot needs three things:\n\n- a corpus\n- an index\n- a question",
        "Then it answers.",
    ]


def test_a_list_with_blank_lines_goes_with_the_line_that_opens_it(embedder):
    text = "You need:\n\n* flour\n\n* eggs\n\n* milk\n\nStir it."
    assert quotes(text, embedder) == ["You need:\n\n* flour\n\n* eggs\n\n* milk", "Stir it."]


def test_short_lines_below_a_colon_are_no_headings_and_what_is_below_them_may_be_one(embedder):
    text = (
        "To install it, run:\n\npip install tool\n\nIt says that it is done.\n\n"
        "Either may end it:\n\n(a) on notice\n\n(b) at once\n\nNotices\n\nThey are sent by post. Or by hand."
    )
    assert headed(plain(text), embedder) == [
        ("", "To install it, run:"),
        ("", "pip install tool"),
        ("", "It says that it is done."),
        ("", "Either may end it:"),
        ("", "(a) on notice"),
        ("", "(b) at once"),
        ("Notices", "They are sent by post. Or by hand."),
    ]


def test_numbered_lines_with_figures_are_no_headings_and_others_share_a_level(embedder):
    text = (
        "Relay\n\n1. The Hares, 1:10:00\n\nA record. Well run.\n\n2. The Snails, 1:32:10\n\nThey are second. Again.\n\n"
        "Rules\n\n1. Start\n\nAt the bell. Not before.\n\n2. Finish\n\nAt the line. Not behind it.\n"
    )
    passages = cut(plain(text), embedder.count_tokens, embedder.max_tokens)
    assert [passage.heading for passage in passages] == [*["Relay"] * 4, "Rules › 1. Start", "Rules › 2. Finish"]


@pytest.mark.parametrize("heading", ["Geneva", "**Geneva**", "how do I go there?"])
def test_a_heading_below_a_colon_is_one(embedder, heading):
    document = plain(f"We have one office:\n\n{heading}\n\nIt is near the station. Ring twice.")
    assert headed(document, embedder) == [
        ("", "We have one office:"),
        (heading.strip("*"), "It is near the station. Ring twice."),
    ]


def test_steps_of_which_two_are_next_to_each_other_are_no_headings(embedder):
    text = "1. Open the lid\n\nIt is heavy. Take care.\n\n2. Take it out\n\n3. Close the lid\n\nThat is all. Well done."
    passages = cut(plain(text), embedder.count_tokens, embedder.max_tokens)
    assert not any(passage.heading for passage in passages)
    assert "1. Open the lid" in [passage.text for passage in passages]


def test_a_short_line_between_questions_is_the_answer_to_the_first(embedder):
    document = plain("Help\n\nWho is my contact?\n\nAnn Smith\n\nWhat is the number?\n\n555 01 02")
    passages = cut(document, embedder.count_tokens, embedder.max_tokens)
    assert [(passage.heading.split(" › ")[-1], passage.text) for passage in passages] == [
        ("Who is my contact?", "Ann Smith"),
        ("What is the number?", "555 01 02"),
    ]


def test_finished_lines_in_lower_case_are_paragraphs(embedder):
    lines = ["everyone gets 25 days of leave in the year.", "everyone may park on level 2.", "nobody parks on level 3."]
    assert quotes("\n".join(lines), embedder) == lines


def test_tildes_below_a_colon_fence_code(embedder):
    code = "Run:\n\n~~~\nmake\n\nmake install\n~~~"
    assert quotes(code.replace("\n\n", "\n", 1), embedder) == ["Run:\n~~~\nmake\n\nmake install\n~~~"]
    assert quotes(code, embedder) == [code]


def test_tildes_below_a_heading_fence_no_code(embedder):
    document = plain("Sick leave\n~~~~~~~~~~\n\nCall before nine.\n\nOther leave\n~~~~~~~~~~~\nAsk first. Then go.\n")
    assert headed(document, embedder) == [
        ("Sick leave", "Call before nine."),
        ("Other leave", "Ask first. Then go."),
    ]


def test_a_passage_stands_under_all_headings_above_it(tmp_path, embedder):
    text = (
        "# Guide\n\nFirst.\n\n## Leave\n\nSecond.\n\n### Sick leave\n\nThird.\n\n"
        "#### Notes\n\nFourth.\n\n## Pay\n\nFifth.\n"
    )
    passages = cut(read(tmp_path, "a.md", text), embedder.count_tokens, embedder.max_tokens)
    assert [passage.heading for passage in passages] == [
        "",
        "Leave",
        "Leave › Sick leave",
        "Leave › Sick leave › Notes",
        "Pay",
    ]


def test_a_heading_as_long_as_a_text_is_quoted(tmp_path, embedder):
    long = "a very long line " * 30
    assert headed(read(tmp_path, "a.md", f"# {long}\n\nThe end.\n"), embedder) == [
        ("", f"# {long.strip()}"),
        ("", "The end."),
    ]


def test_a_question_or_a_bold_line_over_a_paragraph_is_its_heading_in_markdown_too(tmp_path, embedder):
    text = (
        "# Club\n\n**How much is the membership?**\n\nIt costs 120 euros.\n\nCan I bring my dog?\n\nOn a lead.\n\n"
        "## Rooms\n\n**Closed in May.**\n\n**The attic**\n\nIt is empty.\n\n**Bold words** in a text.\n\n"
        "Why?\n\nWho knows?\n"
    )
    assert headed(read(tmp_path, "a.md", text), embedder) == [
        ("How much is the membership?", "It costs 120 euros."),
        ("Can I bring my dog?", "On a lead."),
        ("Rooms", "**Closed in May.**"),
        ("Rooms › The attic", "It is empty."),
        ("Rooms › The attic", "**Bold words** in a text."),
        ("Rooms › The attic", "Why?"),
        ("Rooms › The attic", "Who knows?"),
    ]


@pytest.mark.parametrize("ending", ["md", "txt"])
def test_a_bold_line_right_above_its_paragraph_is_its_heading(tmp_path, embedder, ending):
    text = (
        "Club\n\n**How much is the membership?**\nIt costs 120 euros.\n\n**Can I bring my dog?**\nOn a lead.\n"
        "**And my cat?**\nNever.\n\nThe attic is always\n**entirely empty**\nin the winter.\n\n"
        "**It is closed.**\nIn May, it is open.\n\nThe password is:\n**Sunflower 42**\n\n"
        "It was passed by\nboth houses.\n**The Senate**\nrejected it at first.\n"
    )
    assert headed(read(tmp_path, f"a.{ending}", text), embedder) == [
        ("How much is the membership?", "It costs 120 euros."),
        ("Can I bring my dog?", "On a lead."),
        ("And my cat?", "Never."),
        ("And my cat?", "The attic is always\n**entirely empty**\nin the winter."),
        ("And my cat?", "**It is closed.**\nIn May, it is open."),
        ("And my cat?", "The password is:\n**Sunflower 42**"),
        ("And my cat?", "It was passed by\nboth houses.\n**The Senate**\nrejected it at first."),
    ]


@pytest.mark.parametrize("ending", ["md", "txt"])
def test_a_numbered_heading_is_one_where_no_other_number_is_beside_it(tmp_path, embedder, ending):
    text = (
        "Staff handbook\n\n1. Is the card free?\n\nYes, for children.\n\n2. How long is it valid?\nFor a year.\n\n"
        "**3. Sick leave**\n\nCall before nine.\n\nDo this:\n\n1. Open the lid?\n\n2. Close the lid?\n\nThen go home.\n"
    )
    assert headed(read(tmp_path, f"a.{ending}", text), embedder) == [
        ("1. Is the card free?", "Yes, for children."),
        ("2. How long is it valid?", "For a year."),
        ("3. Sick leave", "Call before nine."),
        ("3. Sick leave", "Do this:\n\n1. Open the lid?\n\n2. Close the lid?"),
        ("3. Sick leave", "Then go home."),
    ]


def test_a_line_that_gives_a_number_is_no_heading_and_a_part_with_a_number_is_one(embedder):
    document = plain(
        "Minutes\n\nPart 2: Fees\n\nThey rise. A little.\n\nNext meeting: 7 April\n\nPlace: the hall\n\nAnn wrote this."
    )
    passages = cut(document, embedder.count_tokens, embedder.max_tokens)
    assert [(passage.heading.split(" › ")[-1], passage.text) for passage in passages] == [
        ("Part 2: Fees", "They rise. A little."),
        ("Part 2: Fees", "Next meeting: 7 April"),
        ("Part 2: Fees", "Place: the hall"),
        ("Part 2: Fees", "Ann wrote this."),
    ]
