"""A fake Sina on loopback: the real host names, the list API, invented pages, and failures on demand.

    stories, prose   what is told: invented articles, deterministic from a seed
    articles         the cast: one article or more of every variant of layout D (sina.md section 6)
    bodies, pages    how a page of the site is written
    roll             the list API (sina.md 1.1)
    failures         ban pages, missing pages, scripts of failing answers
    answers          headers, gzip, chunks: the bytes on the wire
    newsroom         the articles and the site's clock: add, edit, remove, what a crawl should find
    site             which request gets which answer
    server           HTTP/1.1 and TLS over asyncio, with a log of every byte
    look             the same pages for a person with a browser

It depends on nothing of newsbot, so that newsbot's mistakes are not repeated here. All its text is invented.
"""

from __future__ import annotations

from .roll import ListRules
from .server import LoggedExchange, Server, read_log
from .site import Site
from .stories import Expected, Story

__all__ = ["Expected", "ListRules", "LoggedExchange", "Server", "Site", "Story", "read_log"]
