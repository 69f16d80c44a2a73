"""What Scrapy's settings say, read and checked: where the archive is, what a run is told, how it introduces itself."""

from __future__ import annotations

import platform
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

from scrapy.utils.conf import closest_scrapy_cfg

from newsbot import PROJECT_PAGE, __version__
from newsbot.archive import Archive, locate, run_stamp
from newsbot.clock import system_clock
from newsbot.crawl.options import Options
from newsbot.errors import BadInput
from newsbot.sina.channels import COLUMNS, by_name
from newsbot.sina.feed import MODES as FEED_MODES
from newsbot.sina.requisites import MODES
from newsbot.text import moment


def archive_of(settings: Any) -> Archive:
    """The archive that Scrapy's settings name; BadInput when ARCHIVE_DIR is relative outside a project."""
    config = closest_scrapy_cfg()
    project = Path(config).parent if config else None
    return locate(settings["ARCHIVE_DIR"], settings["POSTS_DIR"], settings["LEDGER_URL"], project)


def warcinfo(settings: Any) -> dict[str, str]:
    """warcinfo: who crawled, how politely, and through which doors (warc.md section 2)."""
    info = {
        "software": _software(),
        "isPartOf": settings["ARCHIVE_PART_OF"],
        "description": "Captures and posts belong to their publishers; newsbot's licence covers its code",
        "operator": settings["OPERATOR"],
        "contact": settings["CONTACT"],
        "robots": "obey" if settings.getbool("ROBOTSTXT_OBEY") else "ignore",
        "http-header-user-agent": user_agent(settings),
        "connect-to": ", ".join(f"{name}={place}" for name, place in settings.getdict("CONNECT_TO").items()),
        "tls-ca-file": settings["TLS_CA_FILE"],
        "replay-from": settings["REPLAY_FROM"],
    }
    return {name: value for name, value in info.items() if value}


def _software() -> str:
    """All that has a hand in the bytes of a capture, with versions."""
    libraries = " ".join(f"{name}/{version(name)}" for name in ("Scrapy", "Twisted", "cryptography"))
    return f"newsbot/{__version__} {libraries} Python/{platform.python_version()}"


def user_agent(settings: Any) -> str:
    """USER_AGENT with the contact filled in."""
    agent: str = settings["USER_AGENT"].replace("{contact}", settings["CONTACT"] or PROJECT_PAGE)
    return agent


#: The least that a number may be with which a run still gets on.
_LEAST_SECONDS = {
    **dict.fromkeys(("LEASE_SECONDS", "WARC_MAX_AGE", "DOWNLOAD_TIMEOUT"), 1),
    **dict.fromkeys(("DOWNLOAD_DELAY", "BAN_REST", "OVERLAP_EVERY", "FEED_EVERY", "COLUMNS_EVERY"), 0),
    **dict.fromkeys(("REQUISITE_MAX_AGE", "REQUISITE_SECONDS"), 0),
}
#: The same for what is counted.
_LEAST = {
    **dict.fromkeys(("CONCURRENT_REQUESTS", "CONCURRENT_REQUESTS_PER_DOMAIN", "WORK_AHEAD", "WARC_MAX_BYTES"), 1),
    **dict.fromkeys(("REQUISITE_MAX_BYTES",), 1),
    **dict.fromkeys(("BACKFILL_MAX_REQUESTS", "DOWNLOAD_MAXSIZE", "RETRY_TIMES"), 0),
}
_MOST = 10**10  #: bytes; or seconds, three hundred years of them


def options_of(settings: Any, kind: str) -> Options:
    """What a run of that kind is told; BadInput, naming the setting, for a value that makes no sense."""
    for name, least in _LEAST_SECONDS.items():
        _check_number(settings, name, least)
    for name, least in _LEAST.items():
        _check_number(settings, name, least, whole=True)
    return Options(
        kind=kind,
        durability=settings["WARC_DURABILITY"],
        max_bytes=settings.getint("WARC_MAX_BYTES"),
        max_age=timedelta(seconds=settings.getfloat("WARC_MAX_AGE")),
        payload_digest=settings["WARC_PAYLOAD_DIGEST"],
        lease_seconds=settings.getfloat("LEASE_SECONDS"),
        overlap_every=timedelta(seconds=settings.getfloat("OVERLAP_EVERY")),
        baseline_since=_baseline_since(settings["BASELINE_SINCE"]),
        ban_rest=timedelta(seconds=settings.getfloat("BAN_REST")),
        requisites=_requisites(settings["REQUISITES"]),
        requisite_max_age=timedelta(seconds=settings.getfloat("REQUISITE_MAX_AGE")),
        feed=_feed(settings["FEED"]),
        feed_every=timedelta(seconds=settings.getfloat("FEED_EVERY")),
        columns=_columns(settings.getlist("COLUMNS")),
        columns_every=timedelta(seconds=settings.getfloat("COLUMNS_EVERY")),
        keep_noarchive=settings.getbool("KEEP_NOARCHIVE"),
        top_list=settings.getbool("TOP_LIST"),
        revisit_after=_revisit_after(settings.getlist("REVISIT_AFTER")),
        info=warcinfo(settings),
    )


def _check_number(settings: Any, name: str, least: int, *, whole: bool = False) -> None:
    try:
        value = settings.getfloat(name)
        sound = least <= value <= _MOST and not (whole and settings.getint(name) != value)
    except (TypeError, ValueError):
        sound = False
    if not sound:
        kind = "whole number" if whole else "number"
        raise BadInput(f"{name} is {settings[name]!r}: give a {kind} from {least} to {_MOST}")


def _revisit_after(given: list[Any]) -> tuple[timedelta, ...]:
    try:
        return tuple(timedelta(seconds=float(seconds)) for seconds in given if str(seconds).strip())
    except (ValueError, OverflowError):
        raise BadInput(f"REVISIT_AFTER is {given!r}: give seconds after publication, as in 1800,10800,86400") from None


def _baseline_since(given: str) -> str:
    """The name that a run begun then would have."""
    try:
        return run_stamp(moment(given, system_clock()())) if given else ""
    except BadInput as error:
        raise BadInput(f"BASELINE_SINCE is {given!r}: give 2021-09-29 or 2021-09-29T21:00 (Beijing time)") from error


def _requisites(mode: str) -> str:
    if mode not in MODES:
        raise BadInput(f"REQUISITES is {mode!r}: give {', '.join(MODES[:-1])} or {MODES[-1]}")
    return mode


def _feed(mode: str) -> str:
    if mode not in FEED_MODES:
        raise BadInput(f"FEED is {mode!r}: give {', '.join(FEED_MODES[:-1])} or {FEED_MODES[-1]}")
    return mode


def _columns(given: list[str]) -> tuple[str, ...]:
    """Raises UnknownChannel."""
    if given == ["all"]:
        return tuple(channel.name for channel in COLUMNS)
    wanted = [by_name(name.strip()) for name in given if name.strip()]
    if others := [channel.name for channel in wanted if not channel.column]:
        raise BadInput(f"COLUMNS names {others[0]}, which has a list: give columns only, or all")
    return tuple(channel.name for channel in wanted)
