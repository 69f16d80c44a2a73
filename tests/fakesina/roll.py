"""The list API `/api/roll/get` (sina.md 1.1 and 1.2): parameters and stories → the JSON that Sina would send."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from math import inf
from typing import TYPE_CHECKING

from .stories import BEIJING, Story

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

MOST = 50  #: `num` above this silently gives this
CAP = 100350  #: `total` without a window never says more
EVER = (-inf, inf)
NOTHING = "[]}}"  #: how an answer ends that shows no item
CALLBACK = re.compile(r"[A-Za-z_$][\w$.]*")
#: Every pageid and its lids, from sina.md 1.2; kept apart from newsbot's own table on purpose.
LISTS: dict[int, tuple[int, ...]] = {
    384: (2519, 2671, 2672, 2673, 2674, 2675, 2676, 2487),
    153: (2509, 2516, 2517, 2518, 2510, 2511, 2669),
    155: (1686, 1687, 1688, 1689, 1690, 3231),
    164: (1693, 1694, 1695),
    166: (1703,),
    186: (1746,),
    205: (1789,),
}


@dataclass(frozen=True, slots=True)
class ListRules:
    """How one list deviates from the others: what is unproved for 384/2519 can be switched off (sina.md fact 5)."""

    ignores_windows: bool = False  #: etime, stime have no effect
    ignores_cursor: bool = False  #: ctime alone has no effect
    cursor_inclusive: bool = False  #: the cursor's own second is given once more
    total_as_text: bool = False  #: `total` is a string, as in old replies
    most_pages: int = 0  #: the list ends after so many pages (134-162 were seen); 0: never


class QuestionError(Exception):
    """Parameters that no list answers: becomes a non-zero `status.code`."""


def answer(stories: Iterable[Story], asked: Mapping[str, str], rules: ListRules, now: datetime) -> bytes:
    """The body for these parameters. `stories` are those that are in lists now, in any order."""
    try:
        lid = which(asked)
        text = envelope([story for story in stories if lid in story.lids], asked, rules, now, lid)
    except QuestionError as why:
        text = refusal(3, str(why), now)
    callback = asked.get("callback", "")
    if callback and CALLBACK.fullmatch(callback):
        text = f"try{{{callback}({text});}}catch(e){{}};"
    return text.encode()


def which(asked: Mapping[str, str]) -> int:
    """The lid asked for. Raises QuestionError when its pageid has no such list."""
    pageid, lid = integer(asked, "pageid"), integer(asked, "lid")
    if lid is None or pageid is None or lid not in LISTS.get(pageid, ()):
        raise QuestionError(f"no list {asked.get('lid')} on page {asked.get('pageid')}")
    return lid


def integer(asked: Mapping[str, str], name: str) -> int | None:
    """A parameter as a number; None when it is missing, empty or none."""
    text = asked.get(name, "")
    return int(text) if text.isascii() and text.isdigit() else None


def envelope(stories: list[Story], asked: Mapping[str, str], rules: ListRules, now: datetime, lid: int) -> str:
    """The whole answer: window, keyword, newest first, one page of it."""
    begin, end = span(asked, rules)
    found = sorted(
        (story for story in stories if begin <= seconds(story.created) < end and asked.get("k", "") in story.title),
        key=lambda story: story.created,
        reverse=True,
    )
    size = min(integer(asked, "num") or MOST, MOST)
    page = integer(asked, "page") or 1
    beyond = rules.most_pages and page > rules.most_pages
    shown = [] if beyond else found[(page - 1) * size : page * size]
    total: int | str = min(len(found), CAP)
    if rules.total_as_text:
        total = str(total)
    empty = spell(
        {
            **status(0, "succ", now),
            "total": total,
            "end": seconds(shown[-1].created) if shown else 0,
            "start": seconds(shown[0].created) if shown else 0,
            "lid": lid,
            "rtime": seconds(now),
            "data": [],
        }
    )
    return f"{empty.removesuffix(NOTHING)}[{','.join(map(spelt, shown))}]{NOTHING[2:]}"


def span(asked: Mapping[str, str], rules: ListRules) -> tuple[float, float]:
    """Begin and end in Unix seconds of what is asked for: the window (`etime` its start, `stime` its end: the names are
    inverted), or what is past the cursor."""
    begin, end, cursor = integer(asked, "etime"), integer(asked, "stime"), integer(asked, "ctime")
    if begin is not None and end is not None:
        return EVER if rules.ignores_windows else (begin, end)
    if cursor is not None and not rules.ignores_cursor:
        return -inf, cursor + (1 if rules.cursor_inclusive else 0)
    return EVER


def refusal(code: int, message: str, now: datetime) -> str:
    """The error envelope: HTTP 200 with a code that is not 0."""
    return spell({**status(code, message, now), "total": 0, "data": []})


def status(code: int, message: str, now: datetime) -> dict[str, object]:
    """The head of every envelope; `top`, `pdps` and `cre` are extra lists."""
    stamp = f"{now.astimezone(BEIJING):%a %b %d %H:%M:%S %z %Y}"
    return {"status": {"code": code, "msg": message}, "timestamp": stamp, "top": [], "pdps": [], "cre": []}


def spell(result: Mapping[str, object]) -> str:
    """JSON as PHP writes it: ASCII only, no blanks, `/` as `\\/`."""
    return php({"result": result})


def php(value: object) -> str:
    """PHP's json_encode."""
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).replace("/", "\\/")


def seconds(moment: datetime) -> int:
    """Unix seconds."""
    return int(moment.timestamp())


@lru_cache(maxsize=4096)
def spelt(story: Story) -> str:
    """One item as it stands in an answer, the same in each until its story changes."""
    return php(item(story))


def item(story: Story) -> dict[str, object]:
    """One item with all its keys; numbers are strings."""
    mobile = f"https://finance.sina.cn/sample/{story.created.astimezone(BEIJING):%Y-%m-%d}/detail-i{story.docid}.d.html"
    facts: dict[str, object] = {
        "icons": "",
        "is_cre_manual": "0",
        "hqChart": php({"stockCharts": "no", "fundCharts": "no"}),
        "intime": str(seconds(story.intime)),
        "ctime": str(seconds(story.created)),
        "mtime": str(seconds(story.changed)),
        "channelid": "31",
        "authoruid": "0",
        "level": "2",
        "vid": str(story.video),
        "ipad_vid": "0",
        "video_time_length": "95000" if story.video else "0",
        "categoryid": str(story.category),
        "mediaid": "0",
        "templateid": "0",
        "productid": "0",
        **{f"ext_{number}": "0" for number in range(5)},
        "docid": f"comos:{story.docid}",
        "url": story.url,
        "urls": php([story.url]),
        "wapurl": mobile,
        "wapurls": php([mobile]),
        "wapsummary": "",
        "title": story.listed_title,
        "stitle": "",
        "summary": "",
        "intro": " 虚构的导语，A&amp;B样例。",
        "author": "",
        "commentid": f"cj:comos-{story.docid}:0",
        "video_id": str(story.video) if story.video else ("0", "")[story.seed % 2],
        "keywords": ",".join(story.keywords),
        "media_name": story.source,
        "columnid": "1850,2018,2032",
        "subjectid": "214673,214674",
        **pictures(story),
        "lids": ",".join(map(str, sorted(story.lids))),
        "oid": str(800_000_000 + story.seed % 99_999_999),
    }
    return {**facts, "mlids": "", "ext": "1"} if story.seed % 2 else facts


def pictures(story: Story) -> dict[str, object]:
    """`img` and `images` in their three shapes: empty list, object, null."""
    address = f"http://n.sinaimg.cn/finance/w50h40/list-{story.seed}.png"
    if story.seed % 3 == 0:
        return {"img": [], "images": []}
    if story.seed % 3 == 1:
        return {"img": None, "images": [{"u": address, "w": "50", "h": "40", "t": "虚构的图"}]}
    return {"img": {"u": address, "w": 50, "h": 40, "t": ""}, "images": [{"u": address, "w": "50", "h": "40", "t": ""}]}
