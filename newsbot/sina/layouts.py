"""The layouts of Sina's article pages as data (sina.md 2.2 and section 6): where each field stands, and when that held.

An archive is parsed years later, so a layout that has ended stays here with its last day. A place is written as

    meta:NAME        the content of a <meta> whose name or property is NAME (case does not count), in order
    CSS              the text of the first element that matches
    CSS @ATTRIBUTE   that attribute of it
    CSS >> CSS       the second inside the first element that matches the first; far quicker than `CSS CSS` where the
                     last part is common, and a page has hundreds of links
    source:REGEX     the first group, in the page's source: for pages whose tables have no names
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

#: `http://finance.sina.com.cn 2005年03月05日 10:22 SOURCE`, with tags and blanks between the words (layout A).
_GAP = r"(?:\s|&nbsp;|<(?!/t[dr])[^<>]{0,300}>){0,20}"
_BYLINE = r"source:(?:http://)?(?:\w+\.){1,3}sina\.com\.cn" + _GAP
_DATE = r"(\d{4}年\d{1,2}月\d{1,2}日\s*\d{1,2}:\d\d)"


@dataclass(frozen=True, slots=True)
class Layout:
    """Places in the order they are tried; the first that gives something counts."""

    name: str
    first: date  #: first day the layout was seen, Beijing
    last: date | None  #: last day seen; None while Sina uses it
    body: tuple[str, ...]  #: CSS of the article's element, `CSS ^` of what holds that; a page without it is another's
    marks: tuple[str, ...]  #: CSS of what only this layout has: one of them must be there; () for the one that is left
    title: tuple[str, ...]
    created: tuple[str, ...]
    published: tuple[str, ...]
    updated: tuple[str, ...]
    source: tuple[str, ...]
    source_url: tuple[str, ...]
    author: tuple[str, ...]
    editor: tuple[str, ...]  #: CSS; every match is searched for 责任编辑
    keywords: str  #: CSS of all of them
    breadcrumb: str  #: CSS of all of them
    summary: tuple[str, ...]
    docid: tuple[str, ...]  #: places whose text names the docid, in a form of fields._DOCID
    mobile_url: tuple[str, ...]  #: places whose text holds the address
    parts: str  #: CSS of the links to the other pages of an article in several pages; '' where none are known


#: A, until about 2007: tables without names.
A = Layout(
    name="A",
    first=date(1999, 1, 1),
    last=date(2008, 12, 31),
    # The cell: a paragraph that is not closed in a <font> takes what follows out of it, in every conformant parser.
    body=("td#zoom", "font#zoom ^"),
    marks=("font#zoom", "td#zoom"),
    title=("th.f24", "th >> font", "meta:og:title"),
    created=(_BYLINE + _DATE,),
    published=(),
    updated=(),
    source=(_BYLINE + _DATE[1:-1] + _GAP + r"([^\s<]+)",),
    source_url=(_BYLINE + _DATE[1:-1] + r"\s*<a\b[^>]{0,200}?href=[\"']?([^\s\"'>]+)",),
    author=(),
    editor=("#zoom",),
    keywords="",
    breadcrumb="td.f12 >> a",
    summary=("meta:description",),
    docid=(),
    mobile_url=(),
    parts="",
)

#: B, 2008-2015: "blk".
B = Layout(
    name="B",
    first=date(2008, 1, 1),
    last=date(2015, 12, 31),
    body=("#artibody", "div.blkContainerSblkCon"),
    marks=("div.blkContainerSblkCon", "div.blkContainerSblk"),
    title=("h1#artibodyTitle", "h1"),
    created=("#pub_date",),
    published=(),
    updated=(),
    source=("#media_name >> a", "#media_name", "#art_source"),
    source_url=("#media_name >> a @href", "#art_source >> a @href"),
    author=("#author_ename >> a", "#author_ename"),
    editor=("p.article-editor", ".show_author"),
    keywords="p.art_keywords >> a",
    breadcrumb=".blkBreadcrumbLink >> a",
    summary=("meta:description",),
    docid=(),
    mobile_url=("meta:mobile-agent",),
    parts="p.page >> a",
)

#: C, about 2015-2017: the metas of today, the body of yesterday.
C = Layout(
    name="C",
    first=date(2014, 1, 1),
    last=date(2017, 12, 31),
    body=("#artibody", "#article"),
    marks=("h1#artibodyTitle", "span#navtimeSource", "h1#main_title", "#main_title"),
    title=("h1#artibodyTitle", "#main_title", "meta:og:title"),
    created=("meta:weibo: article:create_at", "#navtimeSource", ".time-source"),
    published=("meta:article:published_time",),
    updated=("meta:weibo: article:update_at",),
    source=("[data-sudaclick=media_name] >> a", "[data-sudaclick=media_name]", "meta:mediaid"),
    source_url=("[data-sudaclick=media_name] >> a @href",),
    author=("meta:article:author",),
    editor=("p.article-editor", ".show_author"),
    keywords="[data-sudaclick=art_keywords] >> a",
    breadcrumb=".bread >> a",
    summary=("meta:description",),
    docid=("h1#artibodyTitle @docid", "meta:publishid", "meta:comment"),
    mobile_url=("meta:mobile-agent",),
    parts="p.page >> a",
)

#: The mobile page; it shows its time without a year.
MOBILE = Layout(
    name="mobile",
    first=date(2014, 1, 1),
    last=None,
    body=("article.art_box",),
    marks=("article.art_box",),
    title=("h1.art_tit_h1", "meta:og:title"),
    created=("meta:weibo: article:create_at", "time.weibo_time"),
    published=("meta:article:published_time",),
    updated=("meta:weibo: article:update_at",),
    source=("h2.weibo_user", "meta:article:author"),
    source_url=(),
    author=("meta:article:author",),
    editor=(".article-editor", ".show_author"),
    keywords="",
    breadcrumb="",
    summary=("meta:description",),
    docid=("meta:publishid", "meta:comment"),
    mobile_url=(),
    parts="",
)

#: D, 2017 on, still in use in 2026.
D = Layout(
    name="D",
    first=date(2017, 1, 1),
    last=None,
    body=("#artibody", "#article"),  # the second on the news host
    marks=(),
    title=("h1.main-title", "meta:og:title"),
    created=("meta:weibo: article:create_at", ".date-source >> .date"),
    published=("meta:article:published_time",),
    updated=("meta:weibo: article:update_at",),
    source=(".date-source >> .source", "meta:mediaid", "meta:article:author"),
    source_url=(".date-source >> a.source @href", ".date-source >> .source a @href"),
    author=("meta:article:author",),
    # first where it mostly is: to ask for all of a class on the whole page takes as long as to read the body
    editor=("#artibody >> .article-editor", "#artibody >> .show_author", ".article-editor", ".show_author"),
    # not bare `.keywords`: 相关专题 below the article uses the same class
    keywords="[data-sudaclick=content_keywords_p] >> a",
    breadcrumb=".channel-path >> a",
    summary=("meta:description",),
    docid=("meta:publishid", "meta:comment", "meta:sudameta"),
    mobile_url=("meta:mobile-agent",),
    parts="p.page >> a",
)

#: An album; slides.py makes its body of the page's script.
SLIDES = replace(
    D,
    name="slides",
    first=date(2008, 1, 1),
    body=(),
    title=("h1.main-title", "h1", "meta:og:title"),
    created=("meta:weibo: article:create_at", ".date-source >> .date", "#pub_date"),
    parts="",
)

#: Tried in order; the first that fits reads the page.
LAYOUTS: tuple[Layout, ...] = (MOBILE, B, C, A, D)
