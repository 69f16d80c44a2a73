"""The live feed 7x24 (sina.md 1.4), fifty items an hour, with invented staff and readers in it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from .stories import MARK, beijing_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .stories import Story

FEED_HOST, FEED_PATH = "zhibo.sina.com.cn", "/api/zhibo/feed"
PACE = timedelta(seconds=72)
BEGAN = datetime(2026, 9, 1, tzinfo=UTC)
REACH = 900  #: items, then the feed ends
#: What each item holds of people, and nothing else does: no file of an archive may hold it.
STAFF, READER = "fujian-liu{}@staff.example", "昵称网友{}号"


@dataclass(slots=True)
class Feed:
    """What the feed shows; a test changes it as it likes."""

    hidden: set[int] = field(default_factory=set)  #: ids that are never shown
    deleted: set[int] = field(default_factory=set)  #: ids that are marked as deleted
    stories: dict[int, Story] = field(default_factory=dict)  #: id → the article that it tells of

    def newest(self, now: datetime) -> int:
        """The id of the newest item; ids count on from there without a gap."""
        return (now - BEGAN) // PACE

    def answer(self, asked: Mapping[str, str], now: datetime) -> bytes:
        """One page."""
        page, size = int(asked.get("page", "1")), min(int(asked.get("page_size", "20")), 100)
        newest = self.newest(now)
        ids = [number for number in range(newest, max(0, newest - REACH), -1) if number not in self.hidden]
        shown = ids[(page - 1) * size : page * size]
        info = {"totalPage": -(-len(ids) // size), "pageSize": size, "totalNum": len(ids), "page": page}
        feed = {"list": [self._item(number) for number in shown], "page_info": info}
        data = {"feed": feed | {"max_id": max(shown, default=0), "min_id": min(shown, default=0)}}
        result = {"result": {"status": {"code": 0, "msg": "OK"}, "timestamp": beijing_text(now), "data": data}}
        return json.dumps(result).encode()

    def _item(self, number: int) -> dict[str, Any]:
        when = beijing_text(BEGAN + number * PACE)
        story = self.stories.get(number)
        link = f"https://finance.sina.cn/7x24/{when[:10]}/detail-i{story.docid}.d.html" if story else ""
        ext = {"stocks": [{"market": "us", "symbol": "虚构", "key": "MSFT"}], "needPushWB": False}
        if story:
            ext |= {"docurl": link, "docid": f"comos:{story.docid}"}
        staff = STAFF.format(number)
        comment = {"uid": f"uid-of-{READER.format(number)}", "nick": READER.format(number), "content": "invented"}
        return {
            "id": number,
            "zhibo_id": 152,
            "type": 0,
            "rich_text": f"{MARK}【第{number}条】虚构的快讯。",
            "create_time": when,
            "update_time": when,
            "creator": staff,
            "mender": staff,
            "check_user": staff,
            "is_delete": int(number in self.deleted),
            "is_focus": 0,
            "ext": json.dumps(ext, ensure_ascii=False),
            "tag": [{"id": "3", "name": "市场"}],
            "docurl": link,
            "comment_list": {"list": [comment], "total": 1},
        }
