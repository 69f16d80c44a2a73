"""Markup to compare parsers by: nasty snippets, and what soups of tags are made of."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

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

HTML_TAGS = [
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
FOREIGN_TAGS = [
    *("svg", "g", "path", "foreignObject", "desc", "a", "p", "b", "div", "font", "table", "td"),
    *("math", "mi", "mtext", "annotation-xml"),
]
ATTRIBUTES = [
    *("", " alt", ' style=""', ' class=" a  b "', " REL=X", ' title="&quot;&amp;lt;&amp"', " onclick=x", ' x="b.gif"'),
    *(" src=//n.sinaimg.cn/a.png", ' href="/x?a=1&amp;b=2&copy=3"', " viewBox=1", ' xlink:href="#a"'),
    ' encoding="text/html"',
]
TEXTS = [
    *("文字", "　　", " ", "\n", "a & b", "AT&T", "{x}", '"', "'", ">", "<!-- c -->", "<!x>", "</", "<3", "&", "lt;"),
    *("&lt;", "&amp;lt;", "&nbsp;", "&copy", "&#60;", "&notit;"),
]


def soups(seed: int, count: int, tags: Sequence[str], *, most: int = 14) -> Iterator[str]:
    """`count` soups of these tags, up to `most` pieces each; the same for the same seed."""
    chance = random.Random(seed)
    for _ in range(count):
        pieces = []
        for _ in range(chance.randint(1, most)):
            kind = chance.randrange(3)
            tag = chance.choice(tags)
            if kind == 0:
                pieces.append(f"<{tag}{chance.choice(ATTRIBUTES)}{chance.choice(('', '', '/'))}>")
            else:
                pieces.append(f"</{tag}>" if kind == 1 else chance.choice(TEXTS))
        yield "".join(pieces)


#: What Sina's pages hardly hold, and parsers have disagreed about.
RARE_TAGS = [
    *("template", "select", "option", "optgroup", "ruby", "rb", "rt", "rtc", "rp", "search", "dialog", "textarea"),
    *("title", "button", "details", "summary", "marquee", "image", "listing", "xmp", "menu", "main", "hgroup", "col"),
    *(
        "colgroup",
        "tfoot",
        "param",
        "keygen",
        "figure",
        "figcaption",
        "label",
        "s",
        "strike",
        "tt",
        "frameset",
        "frame",
    ),
    *(
        "body",
        "html",
        "head",
        "meta",
        "link",
        "base",
        "mglyph",
        "malignmark",
        "mo",
        "ms",
        "title",
        "fieldset",
        "legend",
    ),
    *("dir", "nav", "header", "footer", "aside", "video", "audio", "source", "track", "canvas", "noembed", "noframes"),
]
