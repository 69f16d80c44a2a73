"""Connections and transactions of the ledger."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import SQLAlchemyError

from newsbot.errors import ArchiveError, LedgerError
from newsbot.ledger import schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Executable, Row


class Base:
    """One process's hold on the database: one connection that writes, one that reads between transactions."""

    def __init__(self, url: str) -> None:
        self._engine = schema.connect(url)
        self._writing = self._engine.connect()
        self._reading = self._engine.execution_options(reading=True).connect()
        self._depth = 0
        self.backend = self._engine.dialect.name

    def close(self) -> None:
        """Let the database go."""
        self._writing.close()
        self._reading.close()
        self._engine.dispose()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Several calls as one transaction; a transaction within another is part of it.

        Raises ArchiveError when the database's disk is full or read-only, LedgerError for what else it refuses.
        """
        if self._depth:
            yield
            return
        try:
            with self._writing.begin():
                self._depth = 1
                yield
        except SQLAlchemyError as error:
            raise _failed(error) from error
        finally:
            self._depth = 0

    def _write(self, statement: Executable, rows: Sequence[Mapping[str, Any]]) -> int:
        """Execute for each row of parameters; the number of rows touched by a single one."""
        with self.transaction():
            return self._writing.execute(statement, list(rows) if len(rows) > 1 else rows[0]).rowcount

    def _rows(self, query: Executable, parameters: Mapping[str, Any] | None = None) -> Sequence[Row[Any]]:
        if self._depth:
            return self._writing.execute(query, parameters or {}).all()
        try:
            rows = self._reading.execute(query, parameters or {}).all()
        except SQLAlchemyError as error:
            raise _failed(error) from error
        finally:
            self._reading.rollback()
        return rows

    def _column(self, query: Executable) -> list[Any]:
        return [row[0] for row in self._rows(query)]

    def _stream(self, query: Executable) -> Iterator[Row[Any]]:
        """Rows one after the other, without holding all of them."""
        with self._engine.execution_options(
            reading=True, stream_results=True, max_row_buffer=1000
        ).connect() as connection:
            yield from connection.execute(query)


def _failed(error: SQLAlchemyError) -> LedgerError | ArchiveError:
    words = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
    if "full" in words or "readonly" in words or "disk I/O" in words:
        return ArchiveError(f"the ledger cannot be written: {words}; check disk space and permissions, then run again")
    return LedgerError(f"the ledger refuses: {words}; if it is damaged, move it away and run `scrapy replay`")
