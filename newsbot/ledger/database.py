"""The connection of the ledger and its transactions."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import SQLAlchemyError

from newsbot.errors import ArchiveError, LedgerError
from newsbot.ledger import opening

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Executable, Row

    from newsbot.ledger.statement import Statement

#: How SQLite waits for another process's transaction: it looks so often in so many milliseconds (after 1, 3 and 5), and
#: anew until `opening.PATIENCE` is over. Left to itself it looks ten times a second at last, which a gathering process,
#: free for a moment ten times a second too, can make it miss for ever.
_LOOKING = 5
#: Transactions committed each by itself after gathered ones, so that another process finds a moment to begin …
_BREATH = 1
#: … and so many when another process has written meanwhile, or when gathering gathered fewer than WORTH.
_LONG_BREATH = 100
_WORTH = 4

#: PostgreSQL would else send, and the driver hold, a whole table.
_ROW_BY_ROW = {"stream_results": True, "max_row_buffer": 1000}


class Database:
    """One process's hold on the database: one connection, one transaction at a time. Not for several threads."""

    def __init__(self, url: str) -> None:
        self._engine = opening.connect(url)
        self._reading = bool(self._engine.get_execution_options().get("reading"))  #: nothing may be written
        self._dialect = self._engine.dialect
        self._errors: tuple[type[Exception], ...] = (SQLAlchemyError, self._dialect.loaded_dbapi.Error)
        self._open = False  #: a transaction runs
        self._spoiled = ""  #: why it can only be rolled back
        self._lost = False  #: the server went away
        self._wake: Callable[[], None] | None = None  #: called when a gathered transaction begins
        self._gathered = 0  #: how many it holds; 0 when none has begun
        self._singly = 0  #: how many are still to be committed each by itself
        self._others = 0  #: changes when another process has written
        self._dropped: LedgerError | ArchiveError | None = None  #: why a gathered transaction was undone
        self._attach()

    def _attach(self) -> None:
        self._connection = self._engine.raw_connection()
        self._cursor = self._connection.cursor()
        if self.backend == "sqlite":
            self._cursor.execute(f"PRAGMA busy_timeout = {_LOOKING}")

    def _attach_again(self) -> None:
        self._connection.invalidate()
        self._engine.dispose()
        self._attach()
        self._lost = False

    def close(self) -> None:
        """Let the database go; what is not committed is rolled back."""
        self._connection.close()
        self._engine.dispose()

    @property
    def backend(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._dialect.name

    def gather(self, wake: Callable[[], None]) -> None:
        """From now on several transactions are committed as one, by `flush`, which is to be called soon after `wake`.

        For SQLite, where every commit writes its pages anew; elsewhere nothing changes. Other processes cannot write
        while transactions are gathered, so it pauses where they do, and where there is too little to gather. A kill
        loses what is not flushed: the next start reads it from the WARC files again.
        """
        if self.backend == "sqlite":
            self._wake, self._others = wake, self._version()

    def flush(self) -> None:
        """Commit what was gathered. Raises as `transaction` does, also for what the database undid in the meantime."""
        if self._open:
            return
        dropped, self._dropped = self._dropped, None
        if self._gathered:
            self._commit_gathered()
        if dropped:
            raise dropped

    def _commit_gathered(self) -> None:
        number, self._gathered = self._gathered, 0
        try:
            self._execute("COMMIT", None)
            others = self._version()
        except BaseException:
            self._roll_back()
            raise
        busy_alone = number >= _WORTH and others == self._others
        self._singly, self._others = _BREATH if busy_alone else _LONG_BREATH, others

    def _version(self) -> int:
        version: int = self._execute("PRAGMA data_version", None, fetch=True)[0][0]
        return version

    @contextmanager
    def transaction(self, *, alone: bool = True) -> Iterator[None]:
        """Several calls as one transaction; one within another is part of it, and its failure is the whole one's.

        No other process writes what the records say meanwhile; with `alone` False PostgreSQL lets others write what
        is not locked. Raises ArchiveError when the database's disk is full or read-only, LedgerError for what else
        it refuses.
        """
        if self._open:
            try:
                yield
            except BaseException as error:
                self._spoiled = self._spoiled or type(error).__name__
                raise
            return
        begin = opening.READING if self._reading else opening.ALONE if alone else opening.BESIDE_OTHERS
        try:
            self._begin(begin[self.backend])
            self._open = True
            yield
            self._execute("RELEASE one" if self._gathered else "COMMIT", None)
        except BaseException:
            self._roll_back()
            raise
        finally:
            self._open, self._spoiled = False, ""

    def _begin(self, words: str) -> None:
        if not self._gathered:
            self._execute(words, None)
            if self._wake is None or self._singly:
                self._singly = max(0, self._singly - 1)
                return
            self._gathered = 1
            self._wake()
        else:
            self._gathered += 1
        self._execute("SAVEPOINT one", None)

    def _roll_back(self) -> None:
        """Undo the running transaction; of gathered ones only this."""
        try:
            if self._gathered and self._open:
                self._cursor.execute("ROLLBACK TO one")
                self._cursor.execute("RELEASE one")
            else:
                self._drop(LedgerError("the ledger lost what was not committed; the next start reads it again"))
                self._connection.rollback()
        except self._errors:
            self._lost = True  # the database rolls back by itself what has lost its client

    def _drop(self, error: LedgerError | ArchiveError) -> None:
        """What was gathered is undone; `flush` tells it, for those who were told that it was noted."""
        if self._gathered:
            self._gathered, self._dropped = 0, error

    def _run(self, statement: Statement, *rows: Mapping[str, Any]) -> int:
        """Execute with each row of parameters; how many rows that touched. Several rows want a transaction."""
        if len(rows) == 1:
            self._execute(statement.text(self._dialect), rows[0])
        elif rows:
            self._execute(statement.text(self._dialect), rows, many=True)
        return self._cursor.rowcount

    def _rows(self, statement: Statement, **parameters: Any) -> Sequence[tuple[Any, ...]]:
        """What a query gives, or a statement that says RETURNING."""
        return self._execute(statement.text(self._dialect), parameters, fetch=True)

    def _column(self, statement: Statement, **parameters: Any) -> list[Any]:
        return [row[0] for row in self._rows(statement, **parameters)]

    def _execute(self, text: str, parameters: Any, *, many: bool = False, fetch: bool = False) -> Sequence[Any]:
        """The one place where the driver is called, so that each of its errors becomes one of ours."""
        if self._spoiled:
            raise LedgerError(
                f"the ledger's transaction goes on after a failure in it ({self._spoiled}); nothing of it is kept: "
                "this is a mistake in newsbot, please report it"
            )
        try:
            if self._lost and not self._open:
                self._attach_again()
            self._call(text, parameters, many=many)
            return self._cursor.fetchall() if fetch else ()
        except self._errors as error:
            self._spoiled = type(error).__name__ if self._open else ""
            driver: Any = self._connection.driver_connection
            self._lost = self._lost or bool(getattr(driver, "closed", False))  # psycopg's; SQLite is never lost
            failure = opening.failure(error)
            if self._gathered and not driver.in_transaction:
                self._drop(failure)  # SQLite itself undoes all of it on some errors of the disk
            raise failure from error

    def _call(self, text: str, parameters: Any, *, many: bool) -> None:
        """Have the driver execute it, once another process lets it begin."""
        looks = 0
        while True:
            try:
                if many:
                    self._cursor.executemany(text, parameters)
                elif parameters is None:
                    self._cursor.execute(text)
                else:
                    self._cursor.execute(text, parameters)
            except sqlite3.OperationalError as error:
                looks += 1
                busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY  # the rest of the code says of what kind
                if self._open or not busy or looks * _LOOKING >= opening.PATIENCE * 1000:
                    raise
            else:
                return

    def _snapshot(self, queries: Iterable[tuple[str, Executable]]) -> Iterator[tuple[str, Row[Any]]]:
        """The rows of named queries, one by one, all as of one moment; not what the running transaction wrote."""
        self.flush()
        try:
            with self._engine.execution_options(reading=True).connect() as connection:
                for name, query in queries:
                    with connection.execute(query, execution_options=_ROW_BY_ROW) as rows:
                        yield from ((name, row) for row in rows)
        except SQLAlchemyError as error:
            raise opening.failure(error) from error
