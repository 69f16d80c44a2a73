"""A ledger as years of crawling leave it, invented and written in bulk.

python -m tests.millions FOLDER [ARTICLES]     makes an archive of a million articles and says what it costs to use
"""

from __future__ import annotations

import json
import resource
import sys
import time
import uuid
from contextlib import closing
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Table, create_engine, insert

from newsbot.archive import Archive
from newsbot.crawl.ending import finish
from newsbot.crawl.options import Options
from newsbot.crawl.run import Run
from newsbot.ledger import file_url
from newsbot.ledger.schema import article, capture, listed, warcfile, window
from newsbot.reports.coverage import survey
from newsbot.reports.page import page
from newsbot.sina.channels import CHANNELS
from newsbot.text import stamp
from tests.ledgers import NOW, open_ledger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

BATCH = 5000  #: articles of one statement
A_DAY = 1750  #: articles, as Sina Finance lists them
NAMES = [channel.name for channel in CHANNELS if channel.post_name]
Row = dict[str, Any]


def fill(url: str, number: int, now: datetime) -> None:
    """Make the ledger at `url`, with so many articles, the newest listed a minute before `now`.

    Each is captured five minutes after its publication and looked at again a day later: one of ten was edited by then,
    of a hundred one is a hole, one gone, one refused and one deleted.
    """
    open_ledger(url).close()
    engine = create_engine(url)
    with engine.begin() as connection:
        for begin in range(0, number, BATCH):
            rows: dict[Table, list[Row]] = {article: [], capture: [], listed: []}
            for serial in range(begin, min(begin + BATCH, number)):
                for table, row in _rows(serial, now - timedelta(minutes=1) - timedelta(days=serial / A_DAY), now):
                    rows[table].append(row)
            for table, of in rows.items():
                connection.execute(insert(table), of)
        windows = _windows(now, number // A_DAY)
        while some := list(islice(windows, BATCH)):
            connection.execute(insert(window), some)
        days = number // A_DAY + 1
        connection.execute(
            insert(warcfile), [{"file": f"warc/{serial}.warc.gz", "size": 1, "run": ""} for serial in range(days)]
        )
    engine.dispose()


def _rows(serial: int, published: datetime, now: datetime) -> Iterator[tuple[Table, Row]]:
    key, moment = f"虚构{serial:07}", stamp(published)
    kind = {1: "failed", 2: "gone", 3: "refused", 4: "deleted"}.get(serial % 100, "published")
    first = _capture(serial, key, published + timedelta(minutes=5), kind)
    channel = NAMES[serial % len(NAMES)]
    page = kind in {"published", "deleted"}
    body = {"body_key": first["key"], "body_record": first["record_id"], "first_key": first["key"]} if page else {}
    yield (
        article,
        dict.fromkeys(article.c.keys(), "")
        | {"key": key, "url": first["url"], "url_key": moment, "channel": channel, "channel_key": moment}
        | {
            "title": f"【虚构】第{serial}条消息：一个不长不短的标题",
            "title_key": moment,
            "ctime": moment,
            "mtime": moment,
        }
        | {"date": moment, "date_key": moment, "look_key": first["key"], "look_reason": first["reason"]}
        | {"state": "published" if page else kind, "reason": first["reason"], "look_outcome": first["outcome"]}
        | {"post": f"金融/新浪财经/{channel}/{serial}.md" if page else "", "name": f"{serial}" if page else ""}
        | {"tombstone": moment if kind == "deleted" else ""}
        | body,
    )
    yield capture, first
    yield listed, {"article": key, "list": "finance", "first_key": moment, "ctime": moment}
    if page and published + timedelta(days=1) < now:
        again = _capture(serial, key, published + timedelta(days=1), kind)
        edited = serial % 10 == 0
        changes = {"text_digest": "e" * 64} if edited else {"refers_to": first["record_id"], "status": 304}
        yield capture, again | {"record_id": f"<urn:uuid:{uuid.UUID(int=serial + (1 << 64))}>"} | changes


def _capture(serial: int, key: str, at: datetime, kind: str) -> Row:
    record = f"<urn:uuid:{uuid.UUID(int=serial)}>"
    reason = {"failed": "server-error", "gone": "gone", "refused": "no-layout"}.get(kind, "")
    return dict.fromkeys(capture.c.keys(), "") | {
        "record_id": record,
        "key": f"{stamp(at)} {record} 000000",
        "article": key,
        "url": f"https://finance.sina.com.cn/roll/2026-09-29/doc-i{serial:07}.shtml",
        "status": 200,
        "outcome": "refused" if reason else "article",
        "reason": reason,
        "title": f"【虚构】第{serial}条消息：一个不长不短的标题",
        "digest": "d" * 64,
        "text_digest": "d" * 64,
        "file": f"warc/{serial // A_DAY}.warc.gz",
        "offset": serial,
    }


def _windows(now: datetime, days: int) -> Iterator[Row]:
    """A scheduled run every 20 minutes; there was none between the fourth and the eighth hour before `now`."""
    for number in range(1, days * 72):
        high = now - timedelta(minutes=20 * number)
        if number in range(12, 24):
            continue
        low = high - (timedelta(hours=24) if number % 6 == 0 and number > 24 else timedelta(minutes=90))
        for name in ("finance", "china"):
            facts: Row = {
                "list": name,
                "low": low.isoformat(),
                "high": high.isoformat(),
                "complete": True,
                "full": True,
            }
            facts |= {"newest": high.isoformat(), "seen": 30, "total": 3000, "mode": "pages", "skipped": 0, "why": ""}
            key = f"{stamp(high)} {number} {name}"
            yield {"key": key, "list": name, "high": stamp(high), "complete": True, "facts": json.dumps(facts)}


def measure(root: Path, number: int) -> dict[str, float]:
    """Fill an archive; seconds that a scheduled run's start and the coverage take, and the peak of memory before it."""
    archive = Archive(root, root / "posts", "")
    archive.make()
    if not archive.ledger_file.exists():
        fill(file_url(archive.ledger_file), number, NOW)
    began = time.perf_counter()
    schedule = tuple(timedelta(hours=hours) for hours in (0.5, 3, 24, 168))
    run = Run(archive, lambda: NOW, Options(revisit_after=schedule))
    run.open()
    windows, again = run.lists.plan((), None, None), run.again.lease(16)
    start = time.perf_counter() - began
    finish(run)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    began = time.perf_counter()
    with closing(open_ledger(file_url(archive.ledger_file))) as ledger:
        found = survey(ledger, NOW)
    size = len(page(found, "synthetic"))
    coverage = time.perf_counter() - began
    counts = {"articles": found.total.articles, "holes": found.total.holes, "gaps": len(found.gaps), "page": size}
    return counts | {"windows": len(windows), "again": len(again), "start": start, "mb": peak, "coverage": coverage}


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]).absolute(), int(sys.argv[2]) if sys.argv[2:] else 1_000_000)))
