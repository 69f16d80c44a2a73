"""The inner HTML of `#artibody`: what each variant holds, and the tail that all share (sina.md 2.3 and section 6 D)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .prose import CODES, FIRMS, Prose

if TYPE_CHECKING:
    from collections.abc import Callable

    from .stories import Story

INDENT = "\u3000\u3000"
QR = "//n.sinaimg.cn/finance/page2017/w74h74/invented-qr.png"
#: Characters of GBK that gb2312 has not.
GBK_ONLY = "朱镕岚、陶喆样、周玥例、赵珺假、孙堃设"

NOTICE = """<!-- 总声明-->
<p><font face="KaiTi">　　样例声明：此消息为虚构的测试内容，任何机构与人名皆为杜撰，不构成任何投资建议。</font></p>
<!-- 总声明-->"""
NO_NOTICE = f"<!-- 总声明-->{chr(10) * 12}<!-- 总声明-->"
TAIL = """






<!-- 正文下iframe -->
<script>if(window.sampleFrame){{sampleFrame({{id:'below'}});}}</script>

<!-- 正文下iframe -->

{notice}

<!-- 文末二维码 start -->
<script type="text/javascript" src="//finance.sina.com.cn/other/src/sample-qr.js"></script>

            <!-- 文末二维码 start -->
            <style>
            .appendQr_wrap{{border:1px solid #E6E6E6;padding:8px;}}
            .appendQr_normal{{float:left;}}
            .appendQr_normal img{{width:74px;}}
            .appendQr_normal_txt{{float:left;font-size:20px;line-height:74px;padding-left:20px;color:#333;}}
            </style>
            <div class="clearfix appendQr_wrap">
                <div class="appendQr_normal"><img src="{qr}"></div>
                <div class="appendQr_normal_txt">虚构资讯、样例解读，只为测试而写</div>
            </div>
            <!-- 文末二维码 start -->

            <!-- 文末二维码 start -->

<!-- 编辑姓名及工作代码 -->

<p class="article-editor">责任编辑：{editor} </p>
<!-- 编辑姓名及工作代码-->

  """
KAIHU = """<!-- 开户二维码 start -->
<style>
.app-kaihu-qr

{text-align: center;padding: 20px 0;}
.app-kaihu-qr img

{width: 170px;height: 170px;display: block;margin: 0 auto;}
</style>
<div class="app-kaihu-qr">
<span>样例福利！点击查看虚构活动>></span>
<img src="//n.sinaimg.cn/finance/200/w60h60/20260216/invented-kaihu.png">
</div>
<!-- 开户二维码 end -->"""


def paragraph(text: str) -> str:
    """A paragraph as the site writes it: two U+3000 in front."""
    return f"<p>{INDENT}{text}</p>"


def picture(prose: Prose, story: Story, caption: str = "") -> str:
    """A picture in its wrapper, with the caption's span (often empty)."""
    address = prose.picture(story.created)
    return (
        f'<div class="img_wrapper"><img src="{address}" alt="{caption}"><span class="img_descr">{caption}</span></div>'
    )


def stock(prose: Prose) -> str:
    """A stock span: unquoted attributes, and the empty span where a live quote would stand."""
    code, firm = prose.random.choice(CODES), prose.random.choice(FIRMS)
    key = f"{'' if code.startswith(('us', 'hk')) else 'stock_'}{code}".replace("us", "usstock_")
    link = f"https://finance.sina.com.cn/realstock/company/{code}/nc.shtml"
    return (
        f'<span id={key}><a href={link} class="keyword" target=_blank data-sudaclick=content_marketkeywords_p>{firm}'
        f"</a></span><span id=quote_{code}></span>"
    )


def plain(prose: Prose, story: Story) -> str:
    """Paragraphs, now and then a sub-heading, up to two pictures."""
    count = prose.random.randint(6, 14)
    parts = [paragraph(prose.paragraph()) for _ in range(count)]
    if story.seed % 3 == 0:
        parts.insert(count // 2, paragraph(f"<strong>{prose.sentence()}</strong>"))
    for place in range(story.seed % 3):
        parts.insert(1 + 3 * place, picture(prose, story, prose.sentence() if story.seed % 2 else ""))
    return "\n".join(parts)


def captions(prose: Prose, story: Story) -> str:
    """Four pictures, each with a caption; one of them over plain http."""
    parts = [paragraph(prose.paragraph())]
    for _ in range(4):
        parts += [picture(prose, story, prose.sentence()), paragraph(prose.paragraph())]
    return "\n".join(parts).replace('src="//', 'src="http://', 1)


def table(prose: Prose, story: Story) -> str:
    """A table without tbody between paragraphs."""
    rows = "\n".join(
        f"<tr><td>{prose.random.choice(FIRMS)}</td><td align=right>{prose.random.random() * 99:.2f}</td></tr>"
        for _ in range(8)
    )
    inner = f'<table class="cms-table" border=1>\n<tr><th>样例公司</th><th>涨幅（%）</th></tr>\n{rows}\n</table>'
    return f"{paragraph(prose.paragraph())}\n{inner}\n{plain(prose, story)}"


def reference(prose: Prose, story: Story) -> str:
    """The related-news block on top, and a topic link before it."""
    other = f"https://finance.sina.com.cn/chanjing/cyxw/2026-01-01/doc-i{prose.docid()}.shtml?cre=tianyi&mod=pcpager"
    title = prose.headline()
    return (
        f'<!-- 相关专题top start--><p>{INDENT}<a href="/zt_d/sample{story.seed}/" target="_blank">'
        f'专题：样例聚焦</a></p><!-- 相关专题top end-->\n<blockquote class="fin_reference">\n<p>{INDENT}相关新闻：'
        f'<a href="{other}" target="_blank" title="{title}">{title}</a></p>\n</blockquote>\n{plain(prose, story)}'
    )


def stocks(prose: Prose, story: Story) -> str:
    """Stock spans in every paragraph."""
    parts = [paragraph(f"{prose.sentence()}{stock(prose)}、{stock(prose)}等{prose.sentence()}") for _ in range(6)]
    return "\n".join([*parts, plain(prose, story)])


def video(_prose: Prose, _story: Story) -> str:
    """Only the place where a player would appear."""
    return '<!--video-list-->\n<div class="video-2017" id="videoList0" style=""></div>\n<!--/video-list-->'


def bare_text(prose: Prose, _story: Story) -> str:
    """Text straight in the div, broken by <br>, as some pages have it."""
    return "<br>\n".join(f"{INDENT}{prose.paragraph()}" for _ in range(5))


def slide(prose: Prose, story: Story) -> str:
    """An album: pictures with captions, hardly any text."""
    return "\n".join([paragraph(prose.sentence()), *(picture(prose, story, prose.sentence()) for _ in range(5))])


def live(prose: Prose, _story: Story) -> str:
    """One paragraph, as the pages below /7x24/ have it."""
    return paragraph(prose.paragraph())


def rare(prose: Prose, story: Story) -> str:
    """Characters that the declared gb2312 does not have."""
    return f"{paragraph(f'记者 {GBK_ONLY} 报道')}\n{plain(prose, story)}"


def ascii_text(prose: Prose, _story: Story) -> str:
    """Nearly all ASCII: what guessing by statistics gets wrong."""
    number = prose.random.random
    lines = [
        f"<p>The invented index No. {place} closed at {number() * 5000:.2f} points, volume {number():.4f}.</p>"
        for place in range(24)
    ]
    return "\n".join([*lines, "<p>样例收盘</p>"])


BRACES = """<p>　　模板写作 {{ page.title }} 与 {% raw %}，AT&T 与 R&amp;D，5 &lt; 6 &gt; 4&nbsp;&copy;样例</p>
<p onclick="alert(1)">　　<a href="javascript:alert(2)">不应点击</a><img
 src="//n.sinaimg.cn/finance/w48h32/b.png" onerror="alert(3)" alt="带 &quot;引号&quot; 的图"></p>
<p>　　没有闭合的段落<font color=red>样例<p>　　<b>交错</font>嵌套</b></br>
"""


def braces(prose: Prose, story: Story) -> str:
    """Template braces, a bare ampersand, references, handlers, mis-nesting: what a post must tame."""
    return BRACES + plain(prose, story)


def nothing(_prose: Prose, _story: Story) -> str:
    """No text, no medium."""
    return "\n"


VARIANTS: dict[str, Callable[[Prose, Story], str]] = {
    "captions": captions,
    "table": table,
    "reference": reference,
    "stocks": stocks,
    "video": video,
    "bare-text": bare_text,
    "slide": slide,
    "live": live,
    "gb2312": rare,
    "gbk-unlabelled": rare,
    "mostly-ascii": ascii_text,
    "title-braces": braces,
    "empty": nothing,
}  #: every other variant has the plain body


def inner(story: Story) -> str:
    """What stands inside `#artibody` on this story's page, tail included."""
    if story.body is not None:
        return story.body
    prose = Prose(story.seed)
    text = VARIANTS.get(story.variant, plain)(prose, story)
    if story.revision:
        text += "\n" + paragraph(f"（第{story.revision}次修订）{Prose(story.seed + story.revision).sentence()}")
    if story.variant == "empty":
        return text
    tickers = "&".join(sorted(prose.random.sample(CODES[:3], 2))) if story.variant == "stocks" else ""
    mark = f"<!-- news_keyword_pub,stock,{tickers} -->"
    kaihu = KAIHU if story.variant == "kaihu" else ""
    notice = NOTICE if story.variant == "disclaimer" else NO_NOTICE
    return f"\n{text}{mark}{kaihu}" + TAIL.format(notice=notice, qr=QR, editor=story.editor)
