"""BODY is shown on somebody's site: nothing in it may act, whoever reads it (post-format.md, step 7)."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from newsbot.sina import body
from newsbot.sina.charref import escape_text, escape_value
from tests.harmless import acts
from tests.pages import read_body

_DANGEROUS = [
    *(
        "<script>alert(1)</script>",
        "<img src=1 onerror=alert(1)>",
        '<a href="javascript:alert(1)">',
        "<svg onload=alert(1)>",
    ),
    *(
        "<style>",
        "</style>",
        "<title>",
        "</title>",
        "<textarea>",
        "</textarea>",
        "<noscript>",
        "</noscript>",
        "<xmp>",
        "</xmp>",
    ),
    *(
        "<math>",
        "<mtext>",
        "<mglyph>",
        "<malignmark>",
        "<annotation-xml>",
        "<svg>",
        "</svg>",
        "<desc>",
        "<foreignObject>",
        "</math>",
    ),
    *(
        "<table>",
        "<form>",
        "</form>",
        "<select>",
        "<template>",
        "<p title='",
        '<p title="',
        "'>",
        '">',
        "<!--",
        "-->",
        "--!>",
        "]]>",
    ),
    *(
        "<![CDATA[",
        "&lt;img src=1 onerror=alert(1)&gt;",
        "<iframe>",
        "</iframe>",
        "<noembed>",
        "<plaintext>",
        "<a id=x>",
        "文",
    ),
]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(_DANGEROUS), max_size=14).map("".join))
@example('文<noscript><p title="</noscript><img src=x onerror=alert(1)>">')
@example("文<svg></p><style><!--</style><img title='--><img src=1 onerror=alert(1)>'>")
@example("<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>")
@example("<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>")
def test_nothing_that_acts_is_left_for_any_reader(soup: str) -> None:
    html = read_body(soup).html
    assert (acts(html, scripting=False), acts(html, scripting=True)) == ("", "")


@settings(deadline=None)
@given(st.text(st.one_of(st.sampled_from("&#xX12;=lgtcopynotin "), st.characters(categories=["L", "N", "P", "S"]))))
def test_what_is_escaped_is_read_back_and_no_more_is_escaped_than_needed(text: str) -> None:
    def seen(inner: str, value: str) -> tuple[str, str]:
        element = body.parse_html(f'<p title="{value}">{inner}</p>').select_one("p")
        assert element is not None
        return element.text, element.attr("title") or ""

    assert seen(escape_text(text), escape_value(text)) == (text, text)
    for match in re.finditer("&amp;", escape_text(text)):
        assert seen(escape_text(text)[: match.start()] + "&" + escape_text(text)[match.end() :], "")[0] != text
    for match in re.finditer("&amp;", escape_value(text)):
        assert seen("", escape_value(text)[: match.start()] + "&" + escape_value(text)[match.end() :])[1] != text


@pytest.mark.parametrize(
    "inner",
    [
        "<p>\n\n[点我](javascript:alert(1))</p>",
        "<p>\n\n[点我]\n\n[点我]: java&#9;script:alert(1)</p>",
        "<p>\n\n`<b title='` <img src=x onerror=alert(1)>'>x</b></p>",
        "<img src=x alt='\n\n[a](onerror=alert(1)//)'>",
        "<p title='a\n```\nb\n```\n<img src=x onerror=alert(1)>'>x</p>",
        "<p>\n\nx <!-- a\n\n<a href='&#106;avascript:alert(1)'>x</a>\n\n--></p>",
        "<p>\n\nx <iframe>\n\n<script>alert(1)</script></iframe></p>",
    ],
)
def test_what_markdown_would_bring_to_life_is_written_so_that_it_cannot(inner: str) -> None:
    html = read_body(f"<p>{inner}</p>").html
    assert "<!--" not in html
    assert not set("`[]~") & set(html)
    assert all("\n" not in value and "<" not in value for value in re.findall(r'="([^"]*)"', html))


def test_a_page_that_only_speaks_of_such_things_reads_as_before() -> None:
    inner = "<p>　　写 onclick=x 或 [链接](javascript:x) `代码` ~~~ 的教程。</p>"
    seen = body.parse_html(read_body(inner).html).select_one("p")
    assert seen is not None
    assert seen.text == "　　写 onclick=x 或 [链接](javascript:x) `代码` ~~~ 的教程。"


def test_a_page_without_such_things_keeps_its_brackets_and_comments() -> None:
    inner = '<p title="a\nb">[注](1)`x`<!-- c --></p>'
    assert read_body(inner).html == inner
