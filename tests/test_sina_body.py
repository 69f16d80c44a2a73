"""BODY (post-format.md, steps 1 to 7): each rule by an example."""

from __future__ import annotations

import re

import pytest

from newsbot.article import Refusal
from newsbot.sina import body
from tests.pages import URL, read_body

HERE = "https://finance.sina.com.cn/china/2021-09-29/"
QUIET = 'referrerpolicy="no-referrer"'


RULES = [
    # step 2: what stands before the first real node
    ("white space at the start", " \n\t<p>一</p>", "<p>一</p>"),
    ("wide blanks at the start", "　\u00a0一", "　\u00a0一"),
    ("a comment at the start", "<!-- 一 -->\n<p>二</p>", "<p>二</p>"),
    ("a comment later", "<p>一</p><!-- 二 -->\n", "<p>一</p><!-- 二 -->\n"),
    ("a head at the start", "<style>p{}</style><script>1</script><link><meta><title>x</title>\n<p>一</p>", "<p>一</p>"),
    ("a template at the start", "<template><p>x</p></template><p>一</p>", "<p>一</p>"),
    ("a style later", "<p>一</p><style>p > a{}</style>", "<p>一</p><style>p > a{}</style>"),
    # step 3
    ("the newlines around a script", "<p>一</p>\n<script>1</script>\n<p>二</p>", "<p>一</p>\n\n<p>二</p>"),
    ("a reference around a script", "一&<script>1</script>lt;b>", "一&amp;lt;b>"),
    ("a script in svg", "一<svg><script>1</script></svg>", "一<svg/>"),
    ("a script in a template", "一<template><script>1</script>二</template>", "一<template>二</template>"),
    # step 4
    ("a link without a scheme", '<a href="//sina.cn/a b">x</a>', '<a href="https://sina.cn/a%20b">x</a>'),
    ("a link within the site", "<a href=../x?a=1&amp;b=2#c>x</a>", f'<a href="{HERE[:-11]}x?a=1&b=2#c">x</a>'),
    ("a bare host", "<a href=HTTPS://SINA.CN>x</a>", '<a href="https://sina.cn/">x</a>'),
    ("a link without href", "<a name=x>x</a>", '<a name="x">x</a>'),
    ("an empty href", '<a href="">x</a>', "<a href>x</a>"),
    ("a link that is no address", "<a href=http://a:b/>x</a>", '<a href="http://a:b/">x</a>'),
    ("a mail link", "<a href=mailto:a@b>x</a>", '<a href="mailto:a@b">x</a>'),
    # step 5
    ("an image", "<img src=//n.sinaimg.cn/1.jpg alt=''>", f'<img src="https://n.sinaimg.cn/1.jpg" alt {QUIET}>'),
    ("an image by http", "<img src=http://n.sinaimg.cn/1>", f'<img src="http://n.sinaimg.cn/1" {QUIET}>'),
    (
        "a lazy image",
        '<img alt=x data-a=" b.webp?c " id=1>',
        f'<img alt="x" data-a=" b.webp?c " id="1" src="{HERE}b.webp?c" {QUIET}>',
    ),
    ("an empty src", '<img src="" real_src="c.gif">', f'<img src="{HERE}c.gif" real_src="c.gif" {QUIET}>'),
    ("a policy of the page's own", "<img referrerpolicy=origin src=a>", f'<img src="{HERE}a" {QUIET}>'),
    (
        "an image with nothing usable",
        "<img data-a=b referrerpolicy=origin onerror='c.png'>",
        '<img data-a="b" referrerpolicy="origin">',
    ),
    ("handlers of an image", "<img onclick=1 src=a onerror=2 onload=3>", f'<img src="{HERE}a" {QUIET}>'),
    ("an image by its old name", "<image src=a>", f'<img src="{HERE}a" {QUIET}>'),
    (
        "an image inside noscript",
        "一<noscript><img src=a></noscript>",
        f'一<noscript><img src="{HERE}a" {QUIET}></noscript>',
    ),
    ("an image in a comment", "一<!-- <img src=a> -->", "一<!-- <img src=a> -->"),
    # step 6
    ("capitals", "<P CLASS=' A  b '>一</P>", '<p class=" A  b ">一</p>'),
    ("the order of attributes", '<p z=1 a=2 z=3 m="">', '<p z="1" a="2" m></p>'),
    ("void elements", "一<br/><hr><wbr></br>", "一<br><hr><wbr><br>"),
    ("foreign elements", '一<svg viewBox="0"><path d=""/><a></a></svg>', '一<svg viewBox="0"><path d/><a/></svg>'),
    (
        "HTML inside svg",
        "<svg><foreignObject><p></p></foreignObject></svg>",
        "<svg><foreignObject><p></p></foreignObject></svg>",
    ),
    ("a processing instruction", "一<?x?>二", "一<!--?x?-->二"),
    ("an XML declaration", '一<?xml version="1"?>', '一<!--?xml version="1"?-->'),
    ("a newline after pre", "<pre>\n\n一</pre>", "<pre>一</pre>"),
    ("two newlines after pre", "<pre>\n\n\n一</pre>", "<pre>\n一</pre>"),
    ("a table without tbody", "<table><tr><td>一", "<table><tbody><tr><td>一</td></tr></tbody></table>"),
    ("a block in a paragraph", "<p>一<div>二</div>三</p>", "<p>一</p><div>二</div>三<p></p>"),
    (
        "a font across paragraphs",
        "<p><font a>一</p><p>二</font></p>",
        "<p><font a>一</font></p><p><font a>二</font></p>",
    ),
    # step 7
    ("references in text", "&lt;b&gt;&nbsp;&quot;&copy;&amp;", '&lt;b>\u00a0"©&'),
    (
        "an escaped reference",
        "&amp;lt;&amp;#60;&amp;#x3c;&amp;copy=&amp;notit;",
        "&amp;lt;&amp;#60;&amp;#x3c;&amp;copy=&amp;notit;",
    ),
    ("what is no reference", "AT&amp;T &amp;foo; &amp;# &amp;#x &amp;#xg; &amp; &amp;", "AT&T &foo; &# &#x &#xg; & &"),
    ("references in a value", "<p title='&quot;&lt;&gt;&nbsp;&apos;'>", '<p title="&quot;<>\u00a0\'"></p>'),
    (
        "a name in a value",
        "<p title='&amp;copy=1 &amp;copyx &amp;copy; &amp;copy'>",
        '<p title="&copy=1 &copyx &amp;copy; &amp;copy"></p>',
    ),
    ("raw elements", "一<xmp>&lt;<b></xmp><iframe>&amp;</iframe>", "一<xmp>&lt;<b></xmp><iframe>&amp;</iframe>"),
    ("handlers anywhere", "<p ONCLICK=1 title=x>一<svg onload=1 width=1></svg>", '<p title="x">一<svg width="1"/></p>'),
    ("a script address", "<a href=' JavaScript:1' title=x>一</a>", '<a title="x">一</a>'),
    ("a script address in pieces", "<a href='&#1; java\n\tscr&#10;ipt&colon;1'>一</a>", "<a>一</a>"),
    (
        "a script address elsewhere",
        "<form action=javascript:1><object data=javascript:1></object><button formaction=javascript:1>",
        "<form><object></object><button></button></form>",
    ),
    (
        "a script address in svg",
        "<svg><a xlink:href=javascript:1>x</a><set to=javascript:1 /><animate values='a;javascript:1'/></svg>",
        "<svg><a>x</a><set/><animate/></svg>",
    ),
    (
        "a script address in a refresh",
        "一<meta http-equiv=refresh content='0; url=javascript:1'>",
        '一<meta http-equiv="refresh">',
    ),
    (
        "talk of javascript",
        "<p title='about javascript: x'>javascript:1</p>",
        '<p title="about javascript: x">javascript:1</p>',
    ),
    (
        "a document in an attribute",
        "<iframe srcdoc='<script>1</script>' src=//a/></iframe>",
        '<iframe src="//a/"></iframe>',
    ),
    # characters
    ("controls", "一\x00\x01\x02二\x0b三\x7f四\x85五\u2028六\ufffe七\uffff", "一 二 三 四 五 六七"),
    ("controls by reference", "一&#1;&#x7f;二&#x2028;三<p title='&#2;x'>", '一 二 三<p title=" x"></p>'),
    ("line ends", "一\r\n二\r三&#13;四\t五\n", "一\n二\n三 四\t五\n"),
    ("a control inside a tag", "一<x\x01onclick=1>二</x>", "一<x>二</x>"),
    ("braces", "{{ x }}", "{{ x }}"),
]


@pytest.mark.parametrize(("inner", "expected"), [rule[1:] for rule in RULES], ids=[rule[0] for rule in RULES])
def test_a_rule_of_body(inner: str, expected: str) -> None:
    assert read_body(inner).html == expected


@pytest.mark.parametrize(
    ("inner", "address"),
    [
        ("", ""),
        ("<p>一</p>", ""),
        ("<img><img alt=x><img src=a.png>", HERE + "a.png"),
        ("<!--<img src=a.png>--><img src=b.png>", HERE + "b.png"),
        ("一<template><img src=a.png></template><img src=b.png>", HERE + "b.png"),
        ("一<noscript><img src=a.png></noscript><img src=b.png>", HERE + "a.png"),
        ("<svg><image href=a.png /></svg><img src=b.png>", HERE + "b.png"),
        ("<img src=javascript:1><img src=b.png>", HERE + "b.png"),
        ('<img src="data:image/png;base64,AA==">', "data:image/png;base64,AA=="),
    ],
)
def test_headimg_is_the_first_live_image_with_an_address(inner: str, address: str) -> None:
    assert read_body(inner).headimg == address


def test_body_over_the_limit_is_refused() -> None:
    artibody = body.parse_html(f"<div id=artibody>{'<pre>' + 'x' * (body.MAX_BODY + 1)}</div>").select_one("#artibody")
    assert artibody is not None
    result = body.read(artibody, URL)
    assert isinstance(result, Refusal)
    assert result.reason == "too-large"


def test_nesting_is_no_deeper_than_browsers_have_it_and_nothing_is_lost() -> None:
    html = read_body("<div>" * 100_000 + "一").html
    assert html.count("<div>") == html.count("</div>") == 100_000
    assert re.search("(?:<div>){513}", html) is None
