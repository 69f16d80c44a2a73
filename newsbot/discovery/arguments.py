"""What a crawl is told with `-a`, checked before anything else happens (design.md, "Spider")."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from newsbot import text
from newsbot.discovery.windows import FULL_OVERLAP
from newsbot.errors import BadInput, BadUsage
from newsbot.sina import channels as known
from newsbot.sina.urls import canonical, host

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Arguments:
    """`-a channels= since= until= urls=`, read."""

    lists: tuple[str, ...] = ()  #: names of sina.channels; empty: the default lists
    since: datetime | None = None  #: a back-fill's beginning, aware UTC
    until: datetime | None = None  #: its end; None: now
    urls: tuple[str, ...] = ()  #: canonical addresses to capture, and nothing else

    @property
    def kind(self) -> str:
        """The kind of run: schedule, backfill or urls."""
        return "urls" if self.urls else "backfill" if self.since else "schedule"


def read(
    now: datetime,
    *,
    channels: str | None = None,
    since: str | None = None,
    until: str | None = None,
    urls: str | None = None,
    **others: Any,
) -> Arguments:
    """The arguments as given, checked. Names that begin with `_` come from scrapyd and pass.

    `until` alone reads the 24 hours before it. Raises BadUsage, UnknownChannel, UnreadableDate, BadInput.
    """
    unknown = [name for name in others if not name.startswith("_")]
    if unknown:
        raise BadUsage(f"-a {unknown[0]} is not known; there are channels, since, until and urls")
    for name, value in (("channels", channels), ("since", since), ("until", until), ("urls", urls)):
        if value is not None and not value.strip(", "):  # a variable of a script that is not set: not all of the lists
            raise BadInput(f"-a {name}= is empty: give it a value, or leave it out")
    if urls and (channels or since or until):
        raise BadInput("-a urls captures just these; it does not go with channels, since or until")
    if urls:
        return Arguments(urls=_addresses(urls))
    end = text.moment(until, now, end=True) if until else None
    begin = text.moment(since, now) if since else end and min(end, now) - FULL_OVERLAP
    if begin and begin >= min(end or now, now):
        raise BadInput(f"since={since} is not before until={until or 'now'}")
    lists = names(channels or "")
    if begin and (column := next((name for name in lists if known.by_name(name).column), "")):
        raise BadInput(
            f"channel {column} has no list to read back in, only a page of its newest: leave out since and until"
        )
    return Arguments(lists, begin, end)


def names(wanted: str) -> tuple[str, ...]:
    """The channel names in `china,stock`, each once. Raises UnknownChannel."""
    given = [name.strip() for name in wanted.split(",") if name.strip()]
    return tuple(dict.fromkeys(known.by_name(name).name for name in given))


def _addresses(source: str) -> tuple[str, ...]:
    """One URL a line, `-` for standard input; empty lines and lines that begin with # are passed over."""
    try:
        lines = sys.stdin.read() if source == "-" else Path(source).read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"-a urls={source}: cannot be read ({error}); give a text file with one URL a line") from error
    wanted = []
    for number, line in enumerate(lines.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        url = canonical(line.strip())
        if not host(url):
            raise BadInput(f"-a urls={source}: line {number} is no web address: {line.strip()[:80]!r}")
        wanted.append(url)
    if not wanted:
        raise BadInput(f"-a urls={source}: it names no address; give one URL a line")
    return tuple(dict.fromkeys(wanted))
