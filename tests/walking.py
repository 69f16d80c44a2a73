"""Walks through a list's window, and answers to give them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from newsbot.article import Entry
from newsbot.discovery.walk import Walk
from newsbot.discovery.windows import PastWindow, Window
from newsbot.sina import listing
from newsbot.text import BEIJING

NOW = datetime(2026, 9, 29, 12, 30, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
#: The list of all finance was read whole just now.
WHOLE = PastWindow(NOW - 2 * HOUR, NOW, complete=True, full=True)


def entry(age: float) -> Entry:
    """An item created so many minutes before NOW; it is its own key."""
    moment = NOW - timedelta(minutes=age)
    key = f"age{age:g}"
    return Entry(
        key, f"https://finance.sina.com.cn/doc-i{key}.shtml", "【虚构】", "finance", 0, "finance", ctime=moment
    )


def page(ages: list[float], total: int | None = None, skipped: int = 0) -> listing.Page:
    """A list's answer with items of these ages, in minutes."""
    unusable = ("no url",) * skipped
    return listing.Page("finance", tuple(map(entry, ages)), total, None, None, "", len(ages) + skipped, unusable)


def asked(url: str | None) -> dict[str, str]:
    """What a walk asks for."""
    assert url is not None
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def pages_walk(**more: Any) -> Walk:
    """A walk through the last hour, begun."""
    walk = Walk(Window("finance", NOW - HOUR, NOW, "pages", **more))
    assert asked(walk.first())["page"] == "1"
    return walk


DAY = datetime(2026, 9, 29, tzinfo=BEIJING)


def day_walk() -> Walk:
    """A walk through a day up to NOW, begun."""
    walk = Walk(Window("finance", DAY.astimezone(UTC), NOW, "days", back_fill=True))
    first = asked(walk.first())
    assert (first["date"], first["etime"], first["page"]) == ("2026-09-29", str(int(DAY.timestamp())), "1")
    return walk


def cursor_walk() -> Walk:
    """A walk that found day windows not honoured and went on by cursor."""
    walk = day_walk()
    cursor = asked(walk.take(page([5, 60 * 40])))
    assert cursor["ctime"] == str(int(NOW.timestamp()))
    assert "date" not in cursor
    return walk
