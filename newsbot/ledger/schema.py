"""The ledger's tables, and how a database is opened (design.md, "The ledger is memory, not truth").

Archival tables follow from the WARC files and come back with `scrapy replay`; operational ones (leases, jobs, hosts,
files taken in) start empty. Times are `text.stamp` (UTC, six digits of a second), keys are `article.Key`; all text is
compared by its bytes, on PostgreSQL too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Boolean,
    Column,
    Engine,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    event,
    inspect,
    make_url,
    select,
)
from sqlalchemy.dialects.postgresql import TEXT
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from newsbot.errors import ArchiveError, BadInput, LedgerError, LedgerTooNew

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection

VERSION = 1

#: Text that compares by its bytes: PostgreSQL would sort by the locale.
TEXT_BY_BYTES = String().with_variant(TEXT(collation="C"), "postgresql")

metadata = MetaData()


def _text(name: str, **options: Any) -> Column[str]:
    return Column(name, TEXT_BY_BYTES, nullable=False, **options)


#: One row an article. Each group of columns is chosen by the key before it: the smallest or the largest that gives one.
article = Table(
    "article",
    metadata,
    _text("key", primary_key=True),
    *(_text(name) for name in ("url_key", "url")),  # smallest
    *(_text(name) for name in ("date_key", "date")),  # smallest of a list that has an intime
    *(_text(name) for name in ("channel_key", "channel")),  # smallest of a list
    *(_text(name) for name in ("title_key", "title", "ctime", "mtime")),  # largest of a list that has a title
    *(_text(name) for name in ("page_date_key", "page_date")),  # smallest of a page that has a time
    _text("first_key"),  # smallest of a page that is an article
    *(_text(name) for name in ("body_key", "body_record", "page_title")),  # largest of a page that is an article
    *(_text(name) for name in ("look_key", "look_outcome", "look_reason", "look_evidence")),  # largest of any look
    *(_text(name) for name in ("state", "reason", "post", "name")),  # what follows from them (desk.settle)
    Index("article_by_state", "state", "ctime"),
    Index("article_by_name", "name"),
    Index("article_by_url", "url"),
)

capture = Table(
    "capture",
    metadata,
    _text("record_id", primary_key=True),
    *(_text(name) for name in ("key", "article", "url")),
    Column("status", Integer, nullable=False),
    *(_text(name) for name in ("outcome", "reason", "evidence", "title", "digest", "file")),
    Column("offset", Integer, nullable=False),
    Index("capture_by_article", "article", "key"),
)

listed = Table(
    "listed",
    metadata,
    _text("article", primary_key=True),
    _text("list", primary_key=True),
    _text("first_key"),
    _text("ctime"),
)

window = Table(
    "window",
    metadata,
    _text("key", primary_key=True),
    _text("list"),
    _text("high"),
    Column("complete", Boolean, nullable=False),
    _text("facts"),
    Index("window_by_list", "list", "high"),
)

run = Table("run", metadata, _text("run", primary_key=True), _text("name", primary_key=True), _text("value"))

#: The order of `dump`.
ARCHIVAL = (article, capture, listed, run, window)

lease = Table(
    "lease",
    metadata,
    _text("article", primary_key=True),
    _text("owner"),
    _text("expires"),
    _text("not_before"),
    Column("attempts", Integer, nullable=False),
    Index("lease_by_owner", "owner"),
)

job = Table(
    "job", metadata, _text("kind", primary_key=True), *(_text(n) for n in ("run", "holder", "begun", "expires"))
)

host = Table(
    "host",
    metadata,
    _text("name", primary_key=True),
    _text("next_at"),
    _text("rest_until"),
    Column("strikes", Integer, nullable=False),
)

warcfile = Table("warcfile", metadata, _text("file", primary_key=True), Column("size", Integer, nullable=False))

version = Table("newsbot_schema", metadata, Column("version", Integer, primary_key=True))


def connect(url: str) -> Engine:
    """An engine on a database whose schema is this program's; made when the database is empty.

    Raises LedgerTooNew, LedgerError (not reachable, not a ledger, older), ArchiveError (SQLite file not writable).
    """
    try:
        parsed = make_url(url)
        engine = create_engine(parsed)
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise BadInput(f"LEDGER_URL {url!r} is no database URL newsbot can use ({error}); see the README") from error
    if parsed.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    try:
        with engine.begin() as connection:
            _check_or_make(connection, parsed)
    except SQLAlchemyError as error:
        engine.dispose()
        raise _refused(parsed, error) from error
    except LedgerError:
        engine.dispose()
        raise
    return engine


def _prepare_sqlite(connection: Any, _: object) -> None:
    # Python's own transaction control would begin late and deferred; ours begins at once (_begin_sqlite).
    connection.isolation_level = None
    connection.execute("PRAGMA busy_timeout = 30000")  # ms: another process's transactions are short
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")  # safe against kill -9; a power cut may cost the last commits


def _begin_sqlite(connection: Connection) -> None:
    reading = connection.get_execution_options().get("reading")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _check_or_make(connection: Connection, url: URL) -> None:
    if inspect(connection).has_table(version.name):
        found = connection.execute(select(version.c.version)).scalar_one()
        if found > VERSION:
            raise LedgerTooNew(
                f"the ledger {_shown(url)} has schema {found}, this newsbot knows {VERSION}: use the newer newsbot"
            )
        if found < VERSION:
            raise LedgerError(
                f"the ledger {_shown(url)} has the older schema {found}: move it away and run `scrapy replay`"
            )
        return
    metadata.create_all(connection)
    connection.execute(version.insert().values(version=VERSION))


def _refused(url: URL, error: SQLAlchemyError) -> LedgerError | ArchiveError:
    words = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
    if url.get_backend_name() == "sqlite" and any(sign in words for sign in ("unable to open", "readonly", "full")):
        return ArchiveError(f"the ledger {_shown(url)} cannot be written: {words}; check disk space and permissions")
    return LedgerError(f"the ledger {_shown(url)} cannot be used: {words}; check LEDGER_URL, or move the file away")


def _shown(url: URL) -> str:
    return url.render_as_string(hide_password=True)
