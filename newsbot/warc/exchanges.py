"""Exchanges of newsbot's own files are whole: the metadata record, which comes last, names all others (compose.py)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsbot.warc.fault import MISSING, TORN, Fault
from newsbot.warc.reader import END

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsbot.warc.record import Record

_OF_EXCHANGE = frozenset({"request", "response", "revisit", "resource"})
_RESTORE = "restore the file from a copy"


class Exchanges:
    """Steps through one file. Files of other tools are passed over: they are bound by no such order."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._ours = False
        self._sound = True  # False behind a tear: what is named may have been in it
        self._shared = False
        self._waiting: dict[str, Record] = {}  # records that no metadata record has named yet

    def add(self, record: Record) -> Iterator[Fault]:
        """The next record."""
        kind = record.type
        if kind == "warcinfo":
            fields = record.fields
            # What `scrapy import` took in of others has their order, or none: only some of their records are there.
            self._ours = fields.get("software", "").startswith("newsbot/") and "imported-sha256" not in fields
        if not self._ours:
            return
        if not record.length and record.ending >= len(END) and not self._shared:
            self._shared = True  # told once
            yield self._fault(TORN, record, "it shares its gzip member with other records, which newsbot never writes")
        if kind in _OF_EXCHANGE:
            if self._waiting and (kind == "request" or len(self._waiting) > 1):
                yield from self.finish()
            record.block = b""  # not needed any more
            self._waiting[record.id] = record
        elif kind == "metadata" and record.concurrent_to:
            for named in record.concurrent_to:
                if not self._waiting.pop(named, None) and self._sound:
                    yield self._fault(MISSING, record, f"the record {named} of the same exchange is not before it")
            if self._waiting:
                yield from self.finish()
            self._sound = True

    def forget(self) -> None:
        """The file is torn here: what is missing is told by that."""
        self._waiting.clear()
        self._sound = False

    def finish(self) -> Iterator[Fault]:
        """No more records of this exchange: those still waiting are half a one."""
        for record in self._waiting.values():
            what = f"half an exchange: the {record.type} of {record.target} has no metadata record"
            yield self._fault(MISSING, record, what)
        self._waiting.clear()

    def _fault(self, code: int, record: Record, what: str) -> Fault:
        return Fault(code, self._file, record.offset, what, _RESTORE)
