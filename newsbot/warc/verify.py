"""Do the records of WARC files hold together: framing, digests, exchanges, revisits, and the CDXJ beside each file?

Pure reading, in constant memory, and no lock is taken that a crawl could miss. What is wrong comes out as Faults, in
the order in which it is found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsbot.errors import BadInput
from newsbot.warc import index
from newsbot.warc.collation import Collation
from newsbot.warc.enclosed import Enclosed
from newsbot.warc.exchanges import Exchanges
from newsbot.warc.fault import DIGEST, MISSING, TORN, Fault
from newsbot.warc.files import either_name
from newsbot.warc.index import beside
from newsbot.warc.inventory import Inventory, Place
from newsbot.warc.openfile import SUFFIX, held
from newsbot.warc.reader import END, Torn, fetch
from newsbot.warc.resume import all_records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from newsbot.warc.record import Record

#: What no record may lack (ISO 28500 5.1).
_NAMED = {
    "warc-type": "WARC-Type",
    "warc-record-id": "WARC-Record-ID",
    "warc-date": "WARC-Date",
}
_RESTORE = "restore the file from a copy; what is whole in it stays readable"
_CHANGED = "the bytes have changed since: restore the file from a copy"
_RECOVER = "the next crawl or replay closes it at its last whole exchange"
_STEP = 500  # records between two reports of progress


class Verification:
    """Use: `file` for each file, then `finish`; `inventory` knows all records by then."""

    def __init__(self, progress: Callable[[int], None] = lambda _: None) -> None:
        """`progress` is told how many bytes of the present file are read."""
        self.inventory = Inventory()
        self.files = 0
        self.records = 0
        self.unchecked = 0  #: digests that cannot be compared here: an unknown algorithm, for example
        self.unread: set[int] = set()  #: numbers of files of which no record could be read
        self._progress = progress
        self._numbers: dict[str, int] = {}
        self._paths: dict[int, Path | Enclosed] = {}

    def number(self, name: str) -> int:
        """The inventory's number of the file `name`, which may come yet; without `.open`."""
        return self._numbers.setdefault(name.removesuffix(SUFFIX), len(self._numbers))

    def names(self) -> dict[int, str]:
        """Number → name."""
        return {number: name for name, number in self._numbers.items()}

    def file(self, path: Path | Enclosed, name: str, *, cdxj: Path | None = None) -> Iterator[Fault]:
        """The faults of one file; `cdxj`: its index, which must be there, and what the records give.

        A file whose name ends in `.open` may be being written just now: then it may end in the middle of an exchange.
        """
        one = _File(path, name)
        if not isinstance(path, Enclosed) and path.name.endswith(SUFFIX):
            living = held(path)
            if living is None:
                yield from self._closed(path, name, cdxj)
                return
            one.living, cdxj = living, None
            if not living:
                yield Fault(TORN, name, None, "a killed run left this file open", _RECOVER)
        collation = Collation() if cdxj else None
        yield from self._read(one, collation)
        if one.gone and not isinstance(path, Enclosed):
            yield from self._closed(path, name, beside(_final(path)))
            return
        self.files += 1
        if collation and cdxj and not one.torn and not (one.shared and not cdxj.exists()):
            yield from self._collate(collation, cdxj, cdxj.with_name(path.name), name)

    def _closed(self, path: Path, name: str, cdxj: Path | None) -> Iterator[Fault]:
        """The faults of a file that was `.open` when somebody saw it, and has been closed or recovered since."""
        if _final(path).exists():
            yield from self.file(_final(path), name.removesuffix(SUFFIX), cdxj=cdxj)

    def _read(self, one: _File, collation: Collation | None) -> Iterator[Fault]:
        """Every record of a file."""
        number = self.number(one.name)
        self._paths[number] = one.path
        exchanges = Exchanges(one.name)
        short = -1  # where the last record begins that has too short an ending
        try:
            for found in all_records(one.path):
                if isinstance(found, Torn):
                    one.torn = True
                    exchanges.forget()
                    if one.living:
                        break  # a write that has not ended yet
                    if found.offset != short:
                        yield Fault(TORN, one.name, found.offset, found.why, _RESTORE)
                    continue
                if found.ending < len(END):
                    short = found.offset
                row = index.row(found)
                self.inventory.add(found, number, row.digest if row else "")
                if row and collation:
                    one.shared = one.shared or not found.length
                    collation.add(row.line(found.offset, found.length, one.path.name))
                self._count(found)
                yield from self._record(found, one.name)
                yield from exchanges.add(found)
        except BadInput as error:
            one.torn = True
            one.gone = one.name.endswith(SUFFIX) and _is_gone(one.path)
            if not one.gone:
                self.unread.add(number)
                yield Fault(TORN, one.name, None, str(error), "it was passed over")
        if not one.torn and not one.name.endswith(SUFFIX):
            yield from exchanges.finish()

    def _count(self, record: Record) -> None:
        self.records += 1
        if not self.records % _STEP:
            self._progress(record.offset)

    def _record(self, record: Record, name: str) -> Iterable[Fault]:
        """What is wrong with a record by itself."""
        named = all(field in record.headers for field in _NAMED)
        if named and record.ending >= len(END) and all(record.judged().values()):
            return ()  # nearly always
        return self._wrong(record, name)

    def _wrong(self, record: Record, name: str) -> Iterator[Fault]:
        for field, title in _NAMED.items():
            if field not in record.headers:
                yield Fault(TORN, name, record.offset, f"the record has no {title}", _RESTORE)
        if record.ending < len(END):
            what = f"{record.ending} bytes of line ends follow the record where {len(END)} are due"
            yield Fault(TORN, name, record.offset, f"{what}: is its Content-Length right?", _RESTORE)
            return  # where it ends is in doubt, so there is nothing to take a digest of
        for field, borne_out in record.judged().items():
            if borne_out is None:
                self.unchecked += 1
            elif not borne_out:
                yield Fault(DIGEST, name, record.offset, f"{field} is not that of the {_told(record)}", _CHANGED)

    def _collate(self, collation: Collation, cdxj: Path, warc: Path, name: str) -> Iterator[Fault]:
        beside = f"{name}.cdxj"
        try:
            if difference := collation.differs(cdxj, warc):
                offset, what = difference
                yield Fault(MISSING, beside, offset, what, f"scrapy index {warc} makes it anew")
        except FileNotFoundError:
            yield Fault(MISSING, beside, None, "the index is not there", f"scrapy index {warc} makes it")
        except OSError as error:
            yield Fault(TORN, beside, None, f"it cannot be read: {error.strerror}", "check the disk and the rights")

    def finish(self) -> Iterator[Fault]:
        """What is wrong between records, once all files are read."""
        self.inventory.seal()
        yield from self._twins()
        names = self.names()
        for place, original, same in self.inventory.revisits():
            if original is None or not same:
                yield from self._revisit(place, original, names[place.file])

    def _twins(self) -> Iterator[Fault]:
        """Record ids that occur twice: one line for each two files."""
        names = self.names()
        seen: dict[tuple[int, int], tuple[Place, Place]] = {}
        count: dict[tuple[int, int], int] = {}
        for first, again in self.inventory.twins():
            pair = (first.file, again.file)
            if pair not in seen and self._id(first) != self._id(again):
                continue  # only their hashes are equal
            seen.setdefault(pair, (first, again))
            count[pair] = count.get(pair, 0) + 1
        for pair, (first, again) in seen.items():
            more = f", and so do {count[pair] - 1} more" if count[pair] > 1 else ""
            what = f"it has the WARC-Record-ID of the record at offset {first.offset} of {names[first.file]}{more}"
            yield Fault(TORN, names[again.file], again.offset, what, "take one of the two away, if it is a copy")

    def _revisit(self, place: Place, original: Place | None, name: str) -> Iterator[Fault]:
        """The fault of a revisit whose original is not known, or has not the same digest at first sight."""
        revisit = self._fetch(place)
        if original is None:
            what = f"the revisit of {revisit.target} repeats {_cited(revisit)}, which is in none of these files"
            yield Fault(MISSING, name, place.offset, what, "restore the file that holds it, or verify it with these")
            return
        label = revisit.headers.get("warc-payload-digest", "")
        borne_out = self._fetch(original).holds_payload(label)
        if borne_out is None:
            self.unchecked += 1
        elif not borne_out:
            where = f"{self.names()[original.file]} at offset {original.offset}"
            what = f"WARC-Payload-Digest of the revisit of {revisit.target} is not that of its original in {where}"
            yield Fault(DIGEST, name, place.offset, what, _CHANGED)

    def _id(self, place: Place) -> str:
        return self._fetch(place).id

    def _fetch(self, place: Place) -> Record:
        path = self._paths[place.file]
        try:
            return fetch(path, place.offset, place.inside)
        except BadInput:
            by_now = None if isinstance(path, Enclosed) else either_name(_final(path))
            if by_now is None:
                raise
            return fetch(by_now, place.offset, place.inside)


@dataclass(slots=True)
class _File:
    """One file, and what was found of it as a whole."""

    path: Path | Enclosed
    name: str
    living: bool = False  #: somebody is writing it
    torn: bool = False
    gone: bool = False  #: it was `.open` and has another name by now
    shared: bool = False  #: records share gzip members, so that it can have no index


def _is_gone(path: Path | Enclosed) -> bool:
    return not isinstance(path, Enclosed) and not path.exists()


def _final(path: Path) -> Path:
    """The name that an `.open` file gets when it is closed."""
    return path.with_name(path.name.removesuffix(SUFFIX))


def _told(record: Record) -> str:
    return f"{record.type} {record.target}".strip()


def _cited(revisit: Record) -> str:
    """What a revisit says of its original."""
    if revisit.refers_to:
        return revisit.refers_to
    uri, date = (revisit.headers.get(f"warc-refers-to-{name}", "") for name in ("target-uri", "date"))
    return f"{uri} of {date}" if uri and date else revisit.headers.get("warc-payload-digest", "") or "nothing"
