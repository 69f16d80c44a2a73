"""The layouts of Sina's article pages as data (sina.md 2.2 and section 6): where each field stands, and when that held.

An archive is parsed years later, so a layout that has ended stays here with its last day. A place is written as

    meta:NAME        the content of a <meta> whose name or property is NAME (case does not count), in order
    CSS              the text of the first element that matches
    CSS @ATTRIBUTE   that attribute of it
    CSS >> CSS       the second inside the first element that matches the first; far quicker than `CSS CSS` where the
                     last part is common, and a page has hundreds of links
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Layout:
    """Places in the order they are tried; the first that gives something counts."""

    name: str
    first: date  #: first day the layout was seen, Beijing
    last: date | None  #: last day seen; None while Sina uses it
    body: tuple[str, ...]  #: CSS of the article's element; a page without one is no page of this layout
    foreign: tuple[str, ...]  #: CSS of what only other layouts have
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


#: D, 2017 on, still in use in 2026.
D = Layout(
    name="D",
    first=date(2017, 1, 1),
    last=None,
    body=("#artibody", "#article"),  # the second on the news host
    foreign=("h1#artibodyTitle", "div.blkContainerSblkCon", "span#navtimeSource", "span#pub_date"),
    title=("h1.main-title", "meta:og:title"),
    created=("meta:weibo: article:create_at", ".date-source >> .date"),
    published=("meta:article:published_time",),
    updated=("meta:weibo: article:update_at",),
    source=(".date-source >> .source", "meta:mediaid", "meta:article:author"),
    source_url=(".date-source >> a.source @href", ".date-source >> .source a @href"),
    author=("meta:article:author",),
    editor=(".article-editor", ".show_author"),
    # not bare `.keywords`: 相关专题 below the article uses the same class
    keywords="[data-sudaclick=content_keywords_p] >> a",
    breadcrumb=".channel-path >> a",
    summary=("meta:description",),
    docid=("meta:publishid", "meta:comment", "meta:sudameta"),
    mobile_url=("meta:mobile-agent",),
)

#: Tried in order; the first that fits reads the page.
LAYOUTS: tuple[Layout, ...] = (D,)
