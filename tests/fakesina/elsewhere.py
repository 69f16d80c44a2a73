"""The other addresses of an article (sina.md 2.1): the page for telephones, and the resolver that leads to it."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from . import bodies
from .stories import BEIJING

if TYPE_CHECKING:
    from .stories import Story

MOBILE_HOST, RESOLVER_HOST = "finance.sina.cn", "doc.sina.cn"
ELSEWHERE = (MOBILE_HOST, RESOLVER_HOST)
_DOCID = re.compile(r"/detail-i([a-z0-9]+)\.d\.html$|^/\?id=comos:([a-z0-9]+)$")


def docid_in(target: str) -> str:
    """The docid that a path and query on these hosts name; '' for none."""
    found = _DOCID.search(target)
    return (found[1] or found[2]) if found else ""


def mobile_page(story: Story) -> bytes:
    """The page for telephones (sina.md section 6, mobile)."""
    title, when = html.escape(story.title), f"{story.created.astimezone(BEIJING):%m月%d日 %H:%M}"
    return f"""<!DOCTYPE html><html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}_手机新浪网</title></head><body><main class="j_main_art"><section class="art_main_card">
<h1 class="art_tit_h1">{title}</h1><section class="art_tit_info"><h2 class="weibo_user">{html.escape(story.source)}</h2>
<time class="weibo_time"><span>{when}</span></time></section>
<article class="art_box">{bodies.inner(story)}</article></section></main></body></html>
""".encode()
