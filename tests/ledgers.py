"""Ledgers for the tests: on SQLite and, where NEWSBOT_TEST_POSTGRES names a server, on PostgreSQL; facts to note."""

from __future__ import annotations

import os
import uuid
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, make_url, text

from newsbot.article import Capture, Entry, LookRow
from newsbot.ledger import Ledger, file_url
from newsbot.text import stamp

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_ADVICE = "NEWSBOT_TEST_POSTGRES is not set: export it from `tests/postgres.sh start`"
#: Without a server the PostgreSQL half is skipped, but not where every judge must run: there it fails.
_MISSING = not os.environ.get("NEWSBOT_TEST_POSTGRES") and os.environ.get("CI") != "true"
BACKENDS = ("sqlite", pytest.param("postgresql", marks=[pytest.mark.skip(_ADVICE)] if _MISSING else []))
NOW = datetime(2026, 9, 29, 12, 0, tzinfo=UTC)


def open_ledger(url: str) -> Ledger:
    """The ledger at a URL."""
    return Ledger(url)


@contextmanager
def database(backend: str, folder: Path) -> Iterator[str]:
    """The URL of an empty database: a file in `folder`, or a schema of its own on the PostgreSQL server."""
    if backend == "sqlite":
        yield file_url(folder / "ledger.sqlite")
        return
    server = make_url(postgres())
    schema = f"t_{uuid.uuid4().hex}"
    engine = create_engine(server)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    try:
        options = {"options": f"-csearch_path={schema}"}
        yield server.update_query_dict(options).render_as_string(hide_password=False)
    finally:
        with engine.begin() as connection:
            connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
        engine.dispose()


def postgres() -> str:
    """The test server's URL; skips or fails the test without one."""
    if _MISSING:
        pytest.skip(_ADVICE)
    return os.environ.get("NEWSBOT_TEST_POSTGRES") or pytest.fail(_ADVICE)


def capture(number: int, *, at: datetime = NOW, url: str = "https://finance.sina.com.cn/x.shtml") -> Capture:
    """The capture of that number; the WARC-Date is `at`."""
    record = f"<urn:uuid:{uuid.UUID(int=number)}>"
    return Capture(record, stamp(at), url, 200, "warc/2026/09/a.warc.gz", number)


def entry(
    key: str, position: int = 0, *, age: float = 0, title: str = "【虚构】标题", list_name: str = "finance"
) -> Entry:
    """A list's item whose ctime lies `age` seconds before NOW."""
    moment = NOW - timedelta(seconds=age)
    url = f"https://finance.sina.com.cn/doc-{key}.shtml"
    return Entry(key, url, title, list_name, position, "china", intime=moment, ctime=moment, mtime=moment)


def look(key: str, seen: Capture, reason: str = "") -> LookRow:
    """A look at an article that gave a page, or a refusal for `reason`."""
    if reason:
        return LookRow(key, seen, "refused", reason, "evidence")
    return LookRow(key, seen, "article", "", "", "【虚构】页面标题", NOW, digest="d" * 64)


def fill(ledger: Ledger, count: int) -> list[str]:
    """List so many articles, the first the newest; their keys."""
    keys = [f"key{number:06d}" for number in range(count)]
    ledger.note_entries(capture(1), [entry(key, position, age=position) for position, key in enumerate(keys)])
    return keys


def keys_of(rows: Sequence[object]) -> list[str]:
    """The keys of rows that have one."""
    return [str(getattr(row, "key")) for row in rows]  # noqa: B009 - several kinds of rows
