"""A whole page of layout D, 2017 and later (sina.md section 6 D), from head to right column."""

from __future__ import annotations

import functools
import html
import zlib

from . import bodies
from .prose import TOPICS, Prose
from .stories import BEIJING, Story, beijing_text

PATHS = tuple(topic.path for topic in TOPICS.values())
CALENDAR = "%Y年%m月%d日 %H:%M"
STYLE_LINKS = """<link rel="stylesheet" href="//n0.sinaimg.cn/finance/page2017/css/style.css">
<link rel="stylesheet" href="//n3.sinaimg.cn/default/cf7470f9/20190830/cms_style.css?t=1567150212">
<link rel="stylesheet" href="//n3.sinaimg.cn/finance/finhttps/top_account_v2.css">
<link rel="stylesheet" href="//finance.sina.com.cn/other/src/sinapagewidgets/SinaPageExread2018.css">
<link rel="stylesheet" href="//finance.sina.com.cn/other/src/article-comment-2017.css">
<link rel="stylesheet" href="//finance.sina.com.cn/other/src/sinafinance.article.min.css">"""
SCRIPTS = """<script src="//finance.sina.com.cn/other/src/sample-head.js" charset="gb2312"></script>
<script>(function(d){d.sample="<div>不是正文</div>";})(document);</script>"""


def write(story: Story, kilobytes: int | None = None) -> bytes:
    """The bytes of the story's page, padded in the right column to about `kilobytes` (1,000 bytes) when given."""
    if story.page is not None:
        return story.page
    top, rest = head(story), content(story)
    size = len((top + rest).encode(story.encoding, "replace"))
    wanted = kilobytes * 1000 - size if kilobytes else 0
    return (top + rest + right_column(story.seed, wanted) + foot(story)).encode(story.encoding)


def head(story: Story) -> str:
    """Everything before the main content."""
    title, address = html.escape(story.title), story.home or story.url
    charset = (
        f'<meta http-equiv="Content-type" content="text/html; charset={story.declared}" />\n' if story.declared else ""
    )
    if story.declared == "utf-8":
        charset = '<meta charset="utf-8" />\n'
    edited = (
        f'<meta name="weibo: article:update_at" content="{beijing_text(story.updated)}" />\n' if story.updated else ""
    )
    words = html.escape(",".join(story.keywords) or story.title)
    published = story.created.astimezone(BEIJING).isoformat()
    day = published[:10]
    mobile = f"https://finance.sina.cn/sample/{day}/detail-i{story.docid}.d.html"
    agents = "".join(
        f'<meta name="mobile-agent" content="format={kind}; url={mobile}">\n' for kind in ("html5", "xhtml", "wml")
    )
    return f"""
<!DOCTYPE html><!-- [ published at {beijing_text(story.updated or story.created)} ] -->

<html>
<head>
{charset}<meta property="bytedance:published_time" content="{published}" />
<meta property="bytedance:updated_time" content="{(story.updated or story.created).astimezone(BEIJING).isoformat()}" />
<meta name="sudameta" content="urlpath:finance/{TOPICS[story.topic].path}/; allCIDs:56592,256874" />
<title>{title}|样例_新浪财经_新浪网</title>
<meta name="keywords" content="{words}" />
<meta name="tags" content="{words}" />
<meta name="description" content="{bodies.INDENT}{Prose(story.seed).sentence()}
{bodies.INDENT}（虚构内容，只供测试）" />
<meta property="og:type" content="news" />
<meta property="og:title" content="{title}" />
<meta property="og:url" content="{address}" />
<meta property="og:image" content="//n.sinaimg.cn/finance/w48h32/og-{story.seed}.png" />
<meta name="weibo: article:create_at" content="{beijing_text(story.created)}" />
{edited}<link rel="alternate" type="text/markdown" href="{address}.md">
<meta name="stencil" content="PGLS000526" />
<meta name="publishid" content="{story.docid}" />
<meta name="comment" content="cj:comos-{story.docid}" />
<meta name="sudameta" content="comment_channel:cj;comment_id:comos-{story.docid};dataid:comos:{story.docid}" />
<meta name="mediaid" content="{story.source}" />
{agents}<meta property="article:published_time" content="{published}" />
<meta property="article:author" content="{story.source}" />
<meta http-equiv="Content-Security-Policy" content="upgrade-insecure-requests" />
{STYLE_LINKS}
{SCRIPTS}
</head>
<script>window.sampleAd = {{"slot": "PDPS000000000000"}};</script>
<body>
"""


def content(story: Story) -> str:
    """Breadcrumb, headline, date and source, body, keywords, related topics; open is the wrapper of both columns."""
    topic, title = TOPICS[story.topic], html.escape(story.title, quote=False)
    source = f'<span class="source ent-source">{story.source}</span>'
    if story.seed % 2:
        source = f'<a href="https://finance.sina.com.cn/sample/" class="source ent-source">{story.source}</a>'
    shown = f"{story.created.astimezone(BEIJING):{CALENDAR}}"
    box = "article" if story.url.startswith("https://news.sina.com.cn/") else "artibody"
    words = "".join(
        f'<a href="https://tags.finance.sina.com.cn/{word}" target="_blank">{word}</a>\n' for word in story.keywords
    )
    box_of_words = '<div class="keywords" id="keywords" data-sudaclick="content_keywords_p">\n<span>文章关键词：</span>'
    keywords = f"{box_of_words}{words}</div>" if words else ""
    return f"""<div class="main-content w1240">
<div class="path" id="sina-header">
<a class="channel-logo" href="https://finance.sina.com.cn/" target="_blank"><span>新浪财经</span></a>
<div class="channel-path" data-sudaclick="cnav_breadcrumbs_p">
<a href="https://finance.sina.com.cn/{topic.path}/">{topic.label}</a><span class="spliter">&gt;</span>
<a href="https://finance.sina.com.cn/zt_d/sample/">样例专题</a><span class="spliter">&gt;</span><span>正文</span>
</div>
</div>
<h1 class="main-title">{title}</h1>
<div class="top-bar ani" id="top_bar"><div class="top-bar-inner clearfix">
<div class="date-source" data-sudaclick="content_media_p"><span class="date">{shown}</span>
{source}</div>
</div></div>
<div class="article-content clearfix" id="article_content">
<div class="article-content-left">
<div class="ad top-ad"><ins class="sinaads" data-ad-pdps="PDPS000000067460"></ins>
<script>(sampleAds = window.sampleAds || []).push({{}});</script></div>
<!-- 原始正文begin -->
<div class="article" id="{box}" data-sudaclick="blk_content">{bodies.inner(story)}</div><!-- 原始正文end -->
<div class="article-bottom clearfix" id="article-bottom"><!-- 关键词begin -->
{keywords}
<!-- 关键词end --></div>
<div class="article-relzt"><div class="keywords"><span>相关专题：</span>
<a href="/zt_d/trap/">样例陷阱专题</a></div></div>
<div class="blk-comment" id="bottom_sina_comment"></div>
</div>
<div class="article-content-right">
"""


@functools.lru_cache(maxsize=256)
def right_column(seed: int, wanted: int) -> str:
    """Twelve hidden lists of links, as the site has them: about `wanted` bytes of UTF-8, two links each at least."""
    prose = Prose(seed ^ 0x5EED)
    each = max(0, wanted - 600) // 12
    return "".join(seo_list(prose, each) for _ in range(12))


@functools.cache
def headlines() -> tuple[str, ...]:
    """Titles for the right column, made once: a page of 90 KB holds hundreds."""
    prose = Prose(0)
    return tuple(prose.headline() for _ in range(2000))


def seo_list(prose: Prose, wanted: int) -> str:
    """One hidden list; adds links until it has `wanted` bytes."""
    links: list[str] = []
    size = 60
    while len(links) < 2 or size < wanted:
        links.append(seo_link(prose))
        size += len(links[-1].encode())
    return f'<div class="seo_data_list" style="display:none;"><ul>\n{"".join(links)}</ul></div>\n'


def seo_link(prose: Prose) -> str:
    """A hidden link to an article that does not exist; its key makes pages compress about as well as Sina's do."""
    number = prose.random.getrandbits(160)
    day = f"{2018 + number % 9}-{1 + number % 12:02d}-{1 + number % 28:02d}"
    path = PATHS[number % len(PATHS)]
    address = f"https://finance.sina.com.cn/{path}/{day}/doc-i{prose.docid()}.shtml"
    title = headlines()[number % 2000]
    return f'<li data-key="{number:040x}"><a href="{address}" target="_blank">{title}</a></li>\n'


def foot(story: Story) -> str:
    """The end of the page, with its scripts' facts; an album's pictures stand here once more."""
    album = 'var slide_data = {"images": [{"download_img": "//n.sinaimg.cn/finance/w48h32/a.png", "intro": "样例"}]};\n'
    return f"""<iframe src="about:blank" height="0"></iframe>
</div>
</div>
</div>
<script>
var SINA_TEXT_PAGE_INFO = {{
  channel: 'cj',
  newsid: 'comos-{story.docid}',
  docID: 'http://doc.sina.cn/?id=comos:{story.docid}',
  video_id: '{story.video}',
  check: '{zlib.crc32(story.docid.encode()):08x}'
}};
{album if story.variant == "slide" else ""}</script>
</body>
</html>
"""
