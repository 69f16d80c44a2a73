"""What an answer says: an article or a refusal, list entries, a requisite, a host's no. The costly half of a replay.

It may be done in other processes: an answer tells all that is needed, and what comes out is small.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from newsbot.article import Article, Capture, Look, Refusal
from newsbot.discovery.hosts import wait_of
from newsbot.judgement import SAYS_NO, is_hop, is_quiet_no, judge_exchange, judge_packed, judge_page, look_row
from newsbot.sina import columns, feed, listing, toplist, urls
from newsbot.sina.sources import tells_of_now
from newsbot.text import unstamp
from newsbot.views.found import Answer, Asked, Flashes, Found, Listed, No, Requisite, Same, Seen, Unreadable, counts
from newsbot.warc.enclosed import located
from newsbot.warc.files import either_name
from newsbot.warc.kept import original_of
from newsbot.warc.original import Original, payload_digest, stands_for_304
from newsbot.warc.reader import fetch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from newsbot.views.spool import Spool
    from newsbot.warc.reader import Record


def judged(found: Iterable[Found | Answer], spool: Spool) -> Iterator[Found]:
    """What counts of what was found, answers judged and looks made ready for the ledger, their pages for the spool."""
    for one in found:
        for said in judge(one) if isinstance(one, Answer) else (one,):
            if counts(said):
                yield _ready(said, spool) if isinstance(said, Look) else said


def _ready(look: Look, spool: Spool) -> Seen:
    assert look.result is not None  # noqa: S101 - `judge` reads every page
    return Seen(look_row(look, look.result), spool.put(look.result) if isinstance(look.result, Article) else None)


def originals_among(found: Iterable[Found | Answer]) -> Iterator[Original]:
    """Of what was found only what later answers may be kept as a revisit of: no page is read for it."""
    for one in found:
        if isinstance(one, Answer) and one.record.type == "response":
            capture = capture_at(one.record, one.file, error=one.asked.error)
            if not _is_quiet_no(one.record, capture, one.asked):
                yield from filter(counts, original_in(one.record, capture))


def judge(answer: Answer) -> Iterator[Found]:
    """What an answer says of what was asked."""
    record, name, asked = answer.record, answer.file, answer.asked
    if record.type == "revisit":
        yield from _revisit(record, name, asked)
        return
    if record.type == "resource":
        yield from _resource(record, name)
        return
    context = asked.context
    capture = capture_at(record, name, status=record.http.status, error=asked.error)
    ban = _is_quiet_no(record, capture, asked)
    if not ban:
        yield from original_in(record, capture)
    content_type = _header(record, b"content-type")
    if ban or capture.status in SAYS_NO or (capture.status == 503 and record.http.get(b"retry-after")):
        yield from _no(record, name)
    location = _header(record, b"location") if record.http.get(b"location") is not None else None
    if "requisite" in context:
        if not is_hop(capture.status, location):
            yield requisite(capture, asked, ban=ban)
    elif "article" in context or (not context and urls.is_article(record.target)):
        key = context.get("article") or urls.article_key(record.target)
        if not is_hop(capture.status, location):
            refusal = judge_exchange(capture, context.get("url", record.target), location)
            result = refusal or _read(record, capture, content_type)
            if isinstance(result, Refusal) and result.reason == "ban":  # with any status
                yield from _no(record, name)
            yield Look(key, capture, result)
    elif tells_of_now(record.target) and not capture.truncated:
        try:
            yield from _shown(record, capture, content_type, name)
        except ValueError:
            return  # a broken Content-Encoding: the window's record says that this list was not read


def _shown(record: Record, capture: Capture, content_type: str, name: str) -> Iterator[Found]:
    """What a list or the feed shows. Raises ValueError."""
    told: feed.FeedPage | listing.Page | columns.ColumnPage | toplist.TopList | Refusal
    if feed.is_feed(record.target):
        told = feed.read(record.payload, content_type, capture.status)
    elif toplist.is_top(record.target):
        told = toplist.read(record.payload, content_type, capture.status)
    elif columns.column_of(record.target):
        told = columns.read(record.payload, record.target, content_type, capture.status)
    else:
        told = listing.read(record.payload, record.target, content_type, capture.status)
    match told:
        case feed.FeedPage():
            yield Flashes(capture, told.flashes)
        case listing.Page() | columns.ColumnPage():
            yield Listed(capture, told.entries)
        case Refusal(reason="ban"):
            yield from _no(record, name)


def _resource(record: Record, name: str) -> Iterator[Found]:
    """What was kept in an answer's place, of the feed or of a column; resources of other tools say nothing."""
    capture = capture_at(record, name)
    try:
        if record.target.startswith(feed.TARGET):
            yield Flashes(capture, feed.of_cleaned(record.facts))
        elif record.target.startswith(columns.TARGET):
            yield Listed(capture, columns.of_kept(record.target, record.facts))
    except ValueError as error:
        yield Unreadable(name, record.offset, f"{record.target} is not as newsbot writes it: {error}")


def requisite(capture: Capture, asked: Asked, *, ban: bool = False) -> Requisite:
    """An image or style sheet that was asked for; `ban`: the site's ban page came."""
    return Requisite(asked.context["url"], asked.context["requisite"], capture, ban)


def _is_quiet_no(record: Record, capture: Capture, asked: Asked) -> bool:
    return not capture.truncated and is_quiet_no(asked.context, capture.url, capture.status, lambda: record.payload)


def _revisit(record: Record, name: str, asked: Asked) -> Iterator[Look | Same | Requisite]:
    """What a revisit says of an article: the desk's judgement of the exchange, else what its original says."""
    status = 304 if stands_for_304(record.headers.get("warc-profile", "")) else record.http.status
    capture = replace(capture_at(record, name, status=status), truncated="", refers_to=record.refers_to)
    if "requisite" in asked.context:
        yield requisite(capture, asked)
    elif "article" in asked.context:
        refusal = judge_exchange(capture, asked.context["url"], None)
        key = asked.context["article"]
        yield Look(key, capture, refusal) if refusal else Same(key, capture)
    elif not asked.context and urls.is_article(record.target):
        digest = record.headers.get("warc-payload-digest", "")
        place = (record.refers_to_target, record.refers_to_date)
        yield Same(urls.article_key(record.target), capture, *place, digest)


def original_in(record: Record, capture: Capture) -> Iterator[Original]:
    """What later answers may be kept as a revisit of, as keeping.Keeping chooses it."""
    if capture.truncated or capture.error or tells_of_now(capture.url):
        return
    if digest := payload_digest(record.http):
        yield original_of(capture, record.http, digest)


def _no(record: Record, name: str) -> Iterator[No]:
    try:
        when = unstamp(record.date)
    except ValueError:  # no date: what another tool wrote says nothing then
        return
    rest = wait_of(_header(record, b"retry-after"), when)
    if rest or record.http.status != 503:
        yield No(urls.host(record.target), when, name, rest)


def _read(record: Record, capture: Capture, content_type: str) -> Article | Refusal:
    try:
        return judge_page(capture, record.payload, content_type)
    except ValueError as error:
        return judge_packed(error)


def _header(record: Record, name: bytes) -> str:
    return (record.http.get(name) or b"").decode("latin-1")


def capture_at(record: Record, name: str, *, status: int = 0, error: str = "") -> Capture:
    """Where a record lies; `name` is what the views call its file."""
    return Capture(record.id, record.date, record.target, status, name, record.offset, record.truncated, error)


def page_from(root: Path) -> Callable[[Capture], Article | Refusal]:
    """A function that reads a captured page again from the archive at `root`, closed file or open one."""

    def read(capture: Capture) -> Article | Refusal:
        path = root / capture.file
        record = fetch(either_name(path) or located(path), capture.offset)
        return _read(record, capture, _header(record, b"content-type"))

    return read
