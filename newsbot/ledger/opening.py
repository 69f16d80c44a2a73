"""How the ledger's database is opened, made when it is empty, and refused when it is something else."""

from __future__ import annotations

import re
import sqlite3
import time
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sqlalchemy import URL, Engine, MetaData, create_engine, event, inspect, make_url, select
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from newsbot.errors import ArchiveError, BadInput, LedgerBusy, LedgerError, LedgerTooNew
from newsbot.ledger.schema import VERSION, metadata, version

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

#: How long a process waits for another one's transaction before it gives up; they are short but for a replay's.
PATIENCE = 30.0  # seconds

#: How a transaction begins. SQLite has one writer anyway. On PostgreSQL what the records say is written by one
#: process at a time too: which of two articles gets the plain file name is read first and written then.
ALONE = {
    "sqlite": "BEGIN IMMEDIATE",
    "postgresql": "BEGIN; SELECT pg_advisory_xact_lock(hashtext('newsbot'), hashtext(current_schema()))",
}
#: The same for work that locks its own rows.
BESIDE_OTHERS = {"sqlite": "BEGIN IMMEDIATE", "postgresql": "BEGIN"}
#: One unchanging view for reading several tables.
READING = {"sqlite": "BEGIN", "postgresql": "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"}

#: What SQLite says of a file or folder that may not be written.
_FORBIDDEN = re.compile("readonly|unable to open")

_MOMENT = 0.01  # seconds
_DRIVERS = {"sqlite": "pysqlite", "postgresql": "psycopg"}


def file_url(path: Path) -> str:
    """The URL of an SQLite ledger in this file, whatever signs its path has."""
    return URL.create("sqlite", database=str(path)).render_as_string()


def connect(url: str) -> Engine:
    """An engine on a database whose schema is this program's; made when the database is empty.

    An SQLite file that may not be written, as on a medium that is read-only, can still be read; the engine's execution
    option `reading` says so. Raises BadInput (no such URL), LedgerTooNew, LedgerError (not reachable, not a ledger,
    older), ArchiveError (a new SQLite file that cannot be written).
    """
    parsed = _parse(url)
    file = Path(parsed.database or "")
    try:
        return _checked(_engine(parsed), parsed)
    except ArchiveError as error:
        if parsed.get_backend_name() != "sqlite" or not file.is_file() or not _FORBIDDEN.search(str(error)):
            raise
    return _checked(_engine(parsed, creator=partial(_read_only, file), execution_options={"reading": True}), parsed)


def _engine(url: URL, **options: Any) -> Engine:
    name = url.get_backend_name()
    try:
        # `named` is a style that Statement can write for both databases.
        engine = create_engine(url, **options, **({"paramstyle": "named"} if name == "sqlite" else {}))
    except (ImportError, ArgumentError) as error:
        raise BadInput(f"LEDGER_URL {_shown(url)} cannot be used ({error}); see the README") from error
    if "creator" not in options:
        event.listen(engine, "connect", _prepare_sqlite if name == "sqlite" else _prepare_postgresql)
    event.listen(engine, "begin", _begin)
    return engine


def _read_only(file: Path) -> sqlite3.Connection:
    """A connection that writes nothing, no help files either where no process has the database open."""
    mode = "mode=ro" if file.with_name(f"{file.name}-wal").exists() else "immutable=1"
    return sqlite3.connect(f"file:{quote(str(file))}?{mode}", uri=True, isolation_level=None, timeout=PATIENCE)


def _checked(engine: Engine, parsed: URL) -> Engine:
    try:
        with engine.begin() as connection:
            _check_or_make(connection, parsed)
    except SQLAlchemyError as error:
        engine.dispose()
        raise failure(error, f"the ledger {_shown(parsed)}") from error
    except BaseException:
        engine.dispose()
        raise
    return engine


def renew(url: str, when: datetime) -> str:
    """Make room for a new ledger where the one at `url` is damaged or has an older schema, for a replay to fill.

    A damaged SQLite file is renamed, tables of an older schema are dropped. One line that says so; '' when there was no
    need. Raises as `connect`, but for a database of another's, which `connect` refuses.
    """
    parsed = _parse(url)
    try:
        if moved := _move_damaged(parsed, when):
            return moved
        engine = create_engine(parsed)
        try:
            with engine.begin() as connection:
                return _drop_older(connection, parsed)
        finally:
            engine.dispose()
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        raise failure(error, f"the ledger {_shown(parsed)}") from error


def _move_damaged(url: URL, when: datetime) -> str:
    file = Path(url.database or "")
    if url.get_backend_name() != "sqlite" or not file.is_file():
        return ""
    with closing(sqlite3.connect(file, timeout=PATIENCE)) as connection:
        try:
            [[found]] = connection.execute("PRAGMA quick_check(1)")
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
                raise
            found = str(error)
    if found == "ok":
        return ""
    away = file.with_name(f"{file.name}.damaged-{when:%Y%m%dT%H%M%SZ}")
    for end in ("-wal", "-shm", ""):  # the file itself last: until then a second try finds all of them
        if (part := file.with_name(file.name + end)).exists():
            part.rename(away.with_name(away.name + end))
    return f"the ledger {file} is damaged ({' '.join(found.split())}): it is {away.name} now, and a new one is made"


def _drop_older(connection: Connection, url: URL) -> str:
    tables = inspect(connection).get_table_names()
    if version.name not in tables:
        return ""
    found = connection.execute(select(version.c.version)).scalar_one_or_none()
    if found is not None and found >= VERSION:
        return ""
    theirs = MetaData()
    theirs.reflect(connection)
    theirs.drop_all(connection)
    return f"the ledger {_shown(url)} has the older schema {found}: it is made anew"


def failure(error: Exception, ledger: str = "the ledger") -> LedgerError | ArchiveError:
    """The error of newsbot for one of the database's: its first line, and what to do."""
    words = (str(getattr(error, "orig", None) or error).strip() or type(error).__name__).splitlines()[0]
    if re.search(r"is full|No space left|readonly|unable to open|disk I/O", words):
        return ArchiveError(f"{ledger} cannot be written: {words}; check disk space and permissions, then run again")
    if re.search(r"is locked|lock timeout", words):
        return LedgerBusy(
            f"{ledger} is busy: another process wrote for more than {PATIENCE:g} s ({words}); wait until it has ended"
        )
    return LedgerError(f"{ledger} cannot be used: {words}; check LEDGER_URL; `scrapy replay` makes a damaged one anew")


def _parse(url: str) -> URL:
    hidden = re.sub(r"://[^@]*@", "://***@", url)
    try:
        parsed = make_url(url)
        driver = parsed.get_driver_name()
    except (ArgumentError, NoSuchModuleError, ValueError) as error:
        raise BadInput(f"LEDGER_URL {hidden!r} is no database URL; see the README") from error
    if _DRIVERS.get(parsed.get_backend_name()) != driver:
        raise BadInput(f"LEDGER_URL {hidden!r}: the ledger lies in sqlite:/// or postgresql+psycopg://; see the README")
    return parsed


def _prepare_sqlite(connection: Any, _: object) -> None:
    # Python's own transaction control would begin late and deferred; ours says BEGIN itself.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {PATIENCE * 1000:.0f}")
    _write_ahead(connection)
    connection.execute("PRAGMA synchronous = NORMAL")  # safe against kill -9; a power cut may cost the last commits
    connection.execute("PRAGMA wal_autocheckpoint = 4000")  # pages: fewer syncs, and the -wal file stays below 20 MB


def _write_ahead(connection: Any) -> None:
    """WAL mode. While another process makes or leaves the file, SQLite says `locked` at once, busy_timeout or not."""
    tries = int(PATIENCE / _MOMENT)
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            tries -= 1
            if tries < 0 or "locked" not in str(error):
                raise
            time.sleep(_MOMENT)
        else:
            return


def _prepare_postgresql(connection: Any, _: object) -> None:
    connection.autocommit = True  # as on SQLite: BEGIN is ours
    connection.execute(f"SET lock_timeout = {PATIENCE * 1000:.0f}; SET client_encoding = 'UTF8'")
    connection.execute("SET synchronous_commit = off")  # as NORMAL on SQLite: the WARC files are the truth


def _begin(connection: Connection) -> None:
    words = READING if connection.get_execution_options().get("reading") else ALONE
    connection.exec_driver_sql(words[connection.dialect.name])


def _check_or_make(connection: Connection, url: URL) -> None:
    if connection.dialect.name == "postgresql":
        encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
        if encoding != "UTF8":
            raise LedgerError(
                f"the database {_shown(url)} keeps text as {encoding}: make one with ENCODING 'UTF8' for the ledger"
            )
    tables = inspect(connection).get_table_names()
    if version.name in tables:
        _check(connection.execute(select(version.c.version)).scalar_one_or_none(), url)
    elif tables:
        raise LedgerError(
            f"the database {_shown(url)} is not newsbot's: it has a table {tables[0]!r}; "
            "give LEDGER_URL a database of its own"
        )
    else:
        metadata.create_all(connection, checkfirst=False)
        connection.execute(version.insert().values(version=VERSION))


def _check(found: int | None, url: URL) -> None:
    """The schema's version against ours. A migration, when there is one, goes here, in the same transaction."""
    if found == VERSION:
        return
    if found is not None and found > VERSION:
        raise LedgerTooNew(
            f"the ledger {_shown(url)} has schema {found}, this newsbot knows {VERSION}: use the newer newsbot"
        )
    raise LedgerError(f"the ledger {_shown(url)} has the older schema {found}: `scrapy replay` makes it anew")


def _shown(url: URL) -> str:
    return url.difference_update_query(["password", "sslpassword"]).render_as_string(hide_password=True)
