"""Synthetic pages of layout D (sina.md section 6), and the way from a post back to the page it was made of."""

from __future__ import annotations

import html
import re
from datetime import datetime, timedelta, timezone

from newsbot import post
from newsbot.sina import body

#: An address for pages that have none of their own.
URL = "https://finance.sina.com.cn/china/2021-09-29/doc-iaaaaaaa0000001.shtml"
BEIJING = timezone(timedelta(hours=8))
_QUIET = ' referrerpolicy="no-referrer"'
_SITE_IMAGE = re.compile(r'(<img [^>]*src=")https:(//[^"/]*\.sinaimg\.cn/)')
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
#: What a script of the page left behind in the post's tail: two line ends after a comment.
_GAP = re.compile(r"-->\n\n")
_SCRIPT = '-->\n<script>if (window.sample && 1 < 2) {{ sample("{number}", "<p>不是正文</p>"); }}</script>\n'

_PAGE = """
<!DOCTYPE html><!-- [ published at {published} ] -->
<html>
<head>
<meta charset="utf-8"/>
<meta name="sudameta" content="urlpath:finance/; allCIDs:56592,256874">
<title>{title}_新浪财经_新浪网</title>
<meta name="keywords" content="{title}" />
<meta name="description" content="{description}" />
<meta property="og:type" content="news" />
<meta property="og:title" content="{title}" />
<meta property="og:url" content="{url}" />
<meta name="weibo: article:create_at" content="{created}" />
{metas}
<meta property="article:published_time" content="{published_time}" />
<script>var sampleHead = "<div id='artibody'>不是正文</div>";</script>
</head>
<script src="//d1.sina.com.cn/sample.js" charset="gb2312"></script>
<body>
<div class="main-content w1240">
<div class="path"><a class="channel-logo" href="https://finance.sina.com.cn/"></a>
<div class="channel-path" data-sudaclick="cnav_breadcrumbs_p">{breadcrumb}<span>正文</span></div></div>
<h1 class="main-title">{title}</h1>
<div id="top_bar" class="top-bar-wrap"><div class="date-source" data-sudaclick="content_media_p">
<span class="date">{shown}</span>{source}</div></div>
<div id="article_content" class="article-content clearfix"><div class="article-content-left">
<div class="ad top-ad"><ins class="sinaads"></ins><script>sampleAds.push({{}});</script></div>
<!-- 原始正文begin -->
<div class="article" id="artibody">
{body}</div>
<!-- 原始正文end -->
<div id="article-bottom"><!-- 关键词begin -->{keywords}<!-- 关键词end --></div>
<div class="article-relzt">
<div class="keywords">相关专题：<a href="//finance.sina.com.cn/zt/">【虚构】专题</a></div></div>
</div>
<div class="article-content-right">{right}</div></div></div>
<script>var SINA_TEXT_PAGE_INFO = {{channel: 'cj'}};</script>
</body></html>
"""


def read_body(inner: str) -> body.Body:
    """BODY of an #artibody with that inner HTML, seen at URL."""
    artibody = body.parse_html(f'<body><div id="artibody">{inner}</div></body>').select_one("#artibody")
    assert artibody is not None
    result = body.read(artibody, URL)
    assert isinstance(result, body.Body), result
    return result


def page(
    inner: str,
    *,
    url: str,
    title: str,
    created: datetime,
    updated: datetime | None = None,
    description: str = "　　【虚构】摘要第一行\n　　第二行",
    metas: str = "",
    breadcrumb: str = '<a href="https://finance.sina.com.cn/china/">国内财经</a>',
    source: str = '<span class="source ent-source">虚构通讯社</span>',
    keywords: tuple[str, ...] = (),
    links: int = 0,
) -> bytes:
    """A page of layout D around `inner`, UTF-8; `links` hidden ones pad the right column, about 120 bytes each."""
    if updated is not None:
        metas += f'<meta name="weibo: article:update_at" content="{_written(updated)}" />'
    words = "".join(f'<a href="//tags.finance.sina.com.cn/{number}">{word}</a>' for number, word in enumerate(keywords))
    column = "".join(
        f'<li><a href="https://finance.sina.com.cn/sample/doc-iaaaaaaa{number:07d}.shtml">【虚构】第{number}条样例标题</a></li>'
        for number in range(links)
    )
    return _PAGE.format(
        body=inner,
        url=html.escape(url),
        title=html.escape(title),
        description=html.escape(description),
        metas=metas,
        breadcrumb=breadcrumb,
        source=source,
        keywords=f'<div class="keywords" data-sudaclick="content_keywords_p">{words}</div>' if words else "",
        right=f'<div class="seo_data_list"><ul>{column}</ul></div>' if links else "",
        created=_written(created),
        published=_written(updated or created),
        published_time=created.astimezone(BEIJING).isoformat(),
        shown=f"{created.astimezone(BEIJING):%Y年%m月%d日 %H:%M}",
    ).encode()


def page_of(post_bytes: bytes, *, url: str, title: str, created: datetime, links: int = 0) -> bytes:
    """The page a post was made of: BODY as #artibody, as near to what the site sent as the post still shows.

    `referrerpolicy` is the post's own, addresses of the site's images had no scheme, and scripts stood between the
    blank lines of the tail. `created` is aware; `links` as in `page`.
    """
    comments: list[str] = []

    def put_away(match: re.Match[str]) -> str:
        comments.append(match[0])
        return f"<!--{len(comments) - 1}-->"

    inner = _COMMENT.sub(put_away, post.read(post_bytes).body)  # nothing inside a comment was ever changed
    inner = _SITE_IMAGE.sub(r"\1\2", inner.replace(_QUIET, ""))
    inner = _GAP.sub(lambda match: _SCRIPT.format(number=match.start()), inner)
    inner = re.sub(r"<!--(\d+)-->", lambda match: comments[int(match[1])], inner)
    return page(inner, url=url, title=title, created=created, links=links)


def _written(moment: datetime) -> str:
    return f"{moment.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}"
