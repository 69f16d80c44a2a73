"""Column pages and the list of the most read (sina.md 1.3, 1.5)."""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING

from .stories import BEIJING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .stories import Story

TOP_HOST, TOP_PATH = "top.finance.sina.com.cn", "/ws/GetTopDataList.php"
FORBIDDEN = "noindex,nofollow,noarchive"


def column(stories: Sequence[Story], robots: str) -> bytes:
    """A column's page; with `robots` in its meta."""
    items = "\n".join(
        f'<li><a href="{story.url}" target="_blank">{html.escape(story.title[:20])}</a>'
        f"<span>({story.created.astimezone(BEIJING):%m月%d日 %H:%M})</span></li>"
        for story in stories
    )
    meta = f'<meta name="robots" content="{robots}">' if robots else ""
    return f"""<!DOCTYPE html><html><head><meta charset="utf-8">{meta}<title>虚构栏目_新浪网</title></head><body>
<p>（虚构）这里是栏目页</p><ul class="list_009" id="listcontent">
{items}
</ul></body></html>
""".encode()


def top(stories: Sequence[Story]) -> bytes:
    """The most read, as a script."""
    data = [{"url": story.url, "title": story.title, "top_num": "1,234", "author": "虚构"} for story in stories]
    return f"var all_1_data = {json.dumps({'conf': {'top_show_num': 100}, 'data': data})};".encode()
