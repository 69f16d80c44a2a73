"""BODY against html5lib, on nasty markup and on soups of tags (post-format.md: the oracle for tests)."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from newsbot.sina import body
from newsbot.sina.serialise import serialise
from tests import oracle
from tests.pages import URL, read_body


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


#: One line each; the oracle says what is right.
SNIPPETS = r"""
<p>一<p>二<div>三</p>四
<b><p>一</b>二</p>三
<b><i><u>一</b>二</i>三</u>四
<a href=1>一<a href=2>二</a>三</a>
<a href=1><p>一</a>二</p>
<font a><p>一<font b>二</p><p>三</font></font>四
<center><p>一</center>二</p>
<p>一</br>二</p>三</br>
一</p>二
<strong><table><tr><td>一</strong>二</table>三
<table>一<tr>二<td>三</table>四
<table><td>一<tr><td>二<tbody><tr><th>三</table>
<table><caption>一<tr><td>二</table>
<table><tr><td><table><tr><td>一</table>二</table>
<table><colgroup><col width=1><col>一</table>
<table><form><tr><td>一</form></table>
<table><a href=x><tr><td>一</a></table>二
<tr><td>一</td></tr>
<li>一<li>二<ul><li>三</ul><li>四
<dl><dt>一<dd>二<dt>三</dl>
<h1>一<h2>二</h1>三
<form>一<form>二</form>三</form>四
<button>一<button>二</button>三
<nobr>一<nobr>二</nobr>三
<address>一<p>二</address>三
<blockquote><p>一</blockquote>二
<pre>
一
二</pre>
<textarea>
<b>&lt;一</textarea>
一<title>&lt;b>二</title>三
<p title="a&quot;b" alt='c"d' e=f"g>一
<p a"b=1 c<d=2 =e>一
<p / a / b=/c/>一
<p a=1 A=2>一
<p class= x>一
一 < 二 <3 << <_ </ </3 <>
一<!>二<!->三<!-->四<!--->五<!---->六
一<!-- a -- b --!>二<!-- <!-- -->三
一<!doctype html>二<![CDATA[三]]>四
一<?php echo 1 ?>二
&amp;amp;lt; &ltx &lt= &notin &notin; &notit; &AMP &AMP;x &#0; &#x110000; &#128; &#xD800;
<p a="&ltx&lt=&lt;&lt &notin; &notit; &copy&copy;">一
<img src=a.png alt="x"/><img/src=b.png><br/><hr/>
<img data-original="//n.sinaimg.cn/a.jpg"><img data-x="no" data-y="x.webp" y>
<a href>一</a><a href=" /x y ">二</a><a href="?q=一&amp;r">三</a><a href=#>四</a>
<svg><circle r=1 /><g><path></path></g><title>一</title><desc><p>二</desc></svg>三
<svg><a href=/x>一</a><style>a{}</style><image href=x></svg>二
<svg><foreignObject><div>一</div><svg><g/></svg></foreignObject></svg>
<svg><p>一</svg>二
<math><mi>一</mi><mo/><annotation-xml encoding="text/html"><p>二</annotation-xml></math>
<math definitionurl=x><mtext><b>一</mtext></math>
<svg xlink:href=a xml:lang=b xmlns=c fooBar=d viewbox=e></svg>
一<iframe src=x><p>二</iframe>三<noembed><b>四</noembed>五
一<noscript><p>二</noscript>三
<noframes><p>一</noframes>二
<marquee>一<p>二</marquee>三
<object><param name=x>一</object>二
<details><summary>一</details>二
<span id=stock_sz1><a href=//finance.sina.com.cn/x class="keyword" target=_blank>一</a></span><span id=quote_sz1></span>
<div class=img_wrapper><img src=//n.sinaimg.cn/x.jpg alt=""><span class=img_descr></span></div>
<p>　　<font cms-style="font-L"><font cms-style="font-L x">一</font></font></p><!-- news_keyword_pub,stock,sz1&sz2 -->
<script>document.write("<p>一</p>")</script>二<script><!--<script>三</script>--></script>四
一<style><!-- p{} --></style>二
""".strip().split("\n")


@pytest.mark.parametrize("inner", SNIPPETS)
def test_nasty_markup_is_read_as_the_oracle_reads_it(inner: str) -> None:
    assert read_body(inner).html == oracle_says(inner)


_HTML_TAGS = [
    *(
        "p",
        "div",
        "span",
        "b",
        "i",
        "font",
        "a",
        "strong",
        "em",
        "table",
        "tr",
        "td",
        "th",
        "tbody",
        "thead",
        "caption",
    ),
    *("ul", "li", "dl", "dt", "dd", "h1", "h2", "blockquote", "pre", "center", "form", "br", "img", "hr", "nobr", "u"),
    *("small", "code", "section", "article", "big", "wbr", "input", "iframe", "script", "style", "noscript", "object"),
    *("applet", "address"),
]
_FOREIGN_TAGS = [
    *("svg", "g", "path", "foreignObject", "desc", "a", "p", "b", "div", "font", "table", "td"),
    *("math", "mi", "mtext", "annotation-xml"),
]
_ATTRIBUTES = [
    *("", " alt", ' style=""', ' class=" a  b "', " REL=X", ' title="&quot;&amp;lt;&amp"', " onclick=x", ' x="b.gif"'),
    *(" src=//n.sinaimg.cn/a.png", ' href="/x?a=1&amp;b=2&copy=3"', " viewBox=1", ' xlink:href="#a"'),
    ' encoding="text/html"',
]
_TEXTS = [
    *("文字", "　　", " ", "\n", "a & b", "AT&T", "{x}", '"', "'", ">", "<!-- c -->", "<!x>", "</", "<3", "&", "lt;"),
    *("&lt;", "&amp;lt;", "&nbsp;", "&copy", "&#60;", "&notit;"),
]


def soups(tags: list[str], ends: list[str]) -> st.SearchStrategy[str]:
    opening = st.builds(
        "<{}{}{}>".format, st.sampled_from(tags), st.sampled_from(_ATTRIBUTES), st.sampled_from(["", "", "/"])
    )
    closing = st.builds("</{}>".format, st.sampled_from(ends))
    return st.lists(st.one_of(opening, closing, st.sampled_from(_TEXTS)), max_size=14).map("".join)


@settings(derandomize=True, max_examples=400, deadline=None)
@given(soups(_HTML_TAGS, _HTML_TAGS))
def test_tag_soup_is_read_as_the_oracle_reads_it(soup: str) -> None:
    expected = oracle_says(soup)
    assume(not body.could_act(expected))  # `<iframe><script>`: then BODY is made inert
    assert read_body(soup).html == expected


@settings(derandomize=True, max_examples=300, deadline=None)
@given(soups(_FOREIGN_TAGS, [tag for tag in _FOREIGN_TAGS if tag != "p"]))
def test_foreign_soup_is_read_as_the_oracle_reads_it(soup: str) -> None:
    """Without `</p>` and `</br>`: see OUTDATED."""
    assert read_body(soup).html == oracle_says(soup)


@settings(max_examples=200, deadline=None)
@given(soups(_HTML_TAGS + _FOREIGN_TAGS, _HTML_TAGS + _FOREIGN_TAGS))
def test_the_parsers_own_writer_gives_the_second_reading_the_same_tree(soup: str) -> None:
    """The short cut of step 1: a second parse cannot tell it from ours."""
    artibody = body.parse_html(f'<div id="artibody">{soup}</div>').select_one("#artibody")
    assert artibody is not None
    ours = serialise(artibody, limit=1_000_000)
    assert ours is not None
    assume(not body._REWRITTEN.search(artibody.inner_html))
    trees = [serialise(body.parse_html(html), limit=1_000_000) for html in (ours, artibody.inner_html)]
    assert trees[0] == trees[1]
