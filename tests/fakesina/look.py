"""The fake site for a person: the plain port, asked as 127.0.0.1, lists the articles and shows every page."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from .answers import Answer, Request
from .stories import beijing_text

if TYPE_CHECKING:
    from .site import Site

PREFIX = "/look/"
#: Addresses of the site inside a page; sent through /look/ so that a browser never leaves this machine.
ADDRESS = re.compile(rb"(?:https?:)?//((?:[a-z0-9]+\.)*(?:sina\.com\.cn|sinaimg\.cn|sina\.cn)/)")
UPGRADE = b"upgrade-insecure-requests"


def answer(site: Site, request: Request) -> Answer:
    """The page for a person: `/` is the list, `/look/<host>/<path>` what the site answers there."""
    if not request.target.startswith(PREFIX):
        return Answer(front(site, PREFIX + "{}").encode(), content_type="text/html; charset=utf-8", max_age=0)
    host, _, target = request.target.removeprefix(PREFIX).partition("/")
    if host in ("127.0.0.1", "localhost"):
        return Answer(status=404)
    there = site.answer(replace(request, target="/" + target, headers={**request.headers, "host": host}, tls=True))
    if not there.content_type.startswith(("text/html", "text/css")):
        return there
    body = ADDRESS.sub(PREFIX.encode() + rb"\1", there.body).replace(UPGRADE, b"")
    headers = tuple(
        (name, ADDRESS.sub(PREFIX.encode() + rb"\1", value.encode()).decode()) for name, value in there.headers
    )
    return replace(there, body=body, headers=headers, modified=None)


def front(site: Site, link: str) -> str:
    """A page that lists the articles, newest first; `link` is filled with host and path."""
    rows = "\n".join(
        f"<tr><td>{beijing_text(site.story(one.key).created)}</td><td>{one.variant}</td><td>{one.kind}</td>"
        f'<td><a href="{link.format(one.url.removeprefix("https://"))}">{html.escape(one.title)}</a></td></tr>'
        for one in site.listed()
    )
    roll = link.format("feed.mix.sina.com.cn/api/roll/get?pageid=384&amp;lid=2519&amp;num=50&amp;page=1")
    return (
        '<!DOCTYPE html><html><head><meta charset="utf-8"><title>【虚构】样例新浪财经</title></head><body>\n'
        "<h1>A fake Sina Finance: every word here is invented</h1>\n"
        f'<p><a href="{roll}">the list API</a>, 384/2519, first page</p>\n'
        f"<table>\n<tr><th>created</th><th>variant</th><th>a crawl ends with</th><th>title</th></tr>\n"
        f"{rows}\n</table></body></html>"
    )
