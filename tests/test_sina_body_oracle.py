"""BODY against html5lib, on nasty markup and on soups of tags (post-format.md: the oracle for tests)."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from newsbot.sina import body
from newsbot.sina.serialise import serialise
from tests import oracle
from tests.pages import URL, read_body
from tests.soups import ATTRIBUTES, FOREIGN_TAGS, HTML_TAGS, SNIPPETS, TEXTS


def oracle_says(inner: str) -> str:
    return oracle.body_html(inner, URL)


#: Where html5lib is not what the HTML Standard says today; in the first two columns: markup, and what is right.
OUTDATED = [
    (
        "一<ruby>二<rb>三<rtc>四<rt>五</ruby>",
        "一<ruby>二<rb>三</rb><rtc>四<rt>五</rt></rtc></ruby>",
        "ruby has rb and rtc",
    ),
    ("<p>一<search>二</search>", "<p>一</p><search>二</search>", "<search> closes a paragraph since 2023"),
    ("一<template><tr>二</template>", "一<template><tr></tr>二</template>", "html5lib has no <template>"),
    ("<p>一<dialog>二</dialog>", "<p>一</p><dialog>二</dialog>", "<dialog> closes a paragraph"),
    ("一<select><b>二</b><hr></select>", "一<select><b>二</b><hr></select>", "<select> holds elements since 2025"),
    (
        "一<svg></br><textarea>二",
        "一<svg/><br><textarea>二&lt;/div>&lt;/body></textarea>",
        "</p> and </br> end foreign content since 2020",
    ),
    (
        "<table><button>一<button>二",
        "<button>一</button><button>二</button><table></table>",
        "html5lib loses the second",
    ),
]


def test_the_one_known_fault_of_the_parser_is_still_there() -> None:
    """turbohtml 1.15 moves a hidden input out of a table, but only in text beyond Latin-1 and when the value is quoted.

    The oracle is right. When this fails the fault is gone: put the markup among SNIPPETS.
    """
    inner = '<table><input type="hidden"><tr><td>一</td></tr></table>'
    assert oracle_says(inner) == inner.replace("<tr>", "<tbody><tr>").replace("</tr>", "</tr></tbody>")
    assert read_body(inner).html == '<input type="hidden"><table><tbody><tr><td>一</td></tr></tbody></table>'


@pytest.mark.parametrize(("inner", "expected", "why"), OUTDATED, ids=[row[2] for row in OUTDATED])
def test_where_the_oracle_is_outdated_the_standard_counts(inner: str, expected: str, why: str) -> None:
    assert read_body(inner).html == expected, why
    assert oracle_says(inner) != expected, "the oracle agrees by now: put it among SNIPPETS"


@pytest.mark.parametrize("inner", SNIPPETS)
def test_nasty_markup_is_read_as_the_oracle_reads_it(inner: str) -> None:
    assert read_body(inner).html == oracle_says(inner)


def soups(tags: list[str], ends: list[str]) -> st.SearchStrategy[str]:
    opening = st.builds(
        "<{}{}{}>".format, st.sampled_from(tags), st.sampled_from(ATTRIBUTES), st.sampled_from(["", "", "/"])
    )
    closing = st.builds("</{}>".format, st.sampled_from(ends))
    return st.lists(st.one_of(opening, closing, st.sampled_from(TEXTS)), max_size=14).map("".join)


@settings(derandomize=True, max_examples=400, deadline=None)
@given(soups(HTML_TAGS, HTML_TAGS))
def test_tag_soup_is_read_as_the_oracle_reads_it(soup: str) -> None:
    expected = oracle_says(soup)
    assume(not body.could_act(expected))  # `<iframe><script>`: then BODY is made inert
    assert read_body(soup).html == expected


@settings(derandomize=True, max_examples=300, deadline=None)
@given(soups(FOREIGN_TAGS, [tag for tag in FOREIGN_TAGS if tag != "p"]))
def test_foreign_soup_is_read_as_the_oracle_reads_it(soup: str) -> None:
    """Without `</p>` and `</br>`: see OUTDATED."""
    assert read_body(soup).html == oracle_says(soup)


@settings(max_examples=200, deadline=None)
@given(soups(HTML_TAGS + FOREIGN_TAGS, HTML_TAGS + FOREIGN_TAGS))
def test_the_parsers_own_writer_gives_the_second_reading_the_same_tree(soup: str) -> None:
    """The short cut of step 1: a second parse cannot tell it from ours."""
    artibody = body.parse_html(f'<div id="artibody">{soup}</div>').select_one("#artibody")
    assert artibody is not None
    ours = serialise(artibody, limit=1_000_000)
    assert ours is not None
    assume(not body._REWRITTEN.search(artibody.inner_html))
    trees = [serialise(body.parse_html(html), limit=1_000_000) for html in (ours, artibody.inner_html)]
    assert trees[0] == trees[1]
