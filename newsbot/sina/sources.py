"""Which answers tell of what the site shows now: those of lists, the feed, columns and top lists."""

from __future__ import annotations

from newsbot.sina import columns, feed, toplist, urls


def tells_of_now(url: str) -> bool:
    """Does the answer tell when what was seen? Then it is no page that a later one could stand for."""
    return urls.is_listing(url) or feed.is_feed(url) or toplist.is_top(url) or columns.column_of(url) != ""
