"""What an archive's site answered, asked again: a URL → its next exchange, out of WARC files that have their CDXJ."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from newsbot.errors import BadInput, RecordError
from newsbot.text import unstamp
from newsbot.warc import index
from newsbot.warc.exchange import Exchange
from newsbot.warc.reader import Record, fetch, records

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime


Place = tuple[str, str, int]  #: 14 digits, path of the file, offset

_TABLE = """
CREATE TABLE capture (url TEXT, moment TEXT, file TEXT, offset INTEGER);
"""
_INDEXES = """
CREATE INDEX by_url ON capture (url, moment, file, offset);
CREATE INDEX by_place ON capture (file, offset);
"""
_ORDER = "moment, file, offset"


class Recall:
    """Each time that a URL is asked it gives the next capture, the first being the first from `since` on.

    Asked more often than it was captured, or only before `since`, it gives the last. A URL is found as it was asked,
    letter by letter. Failures without an answer are not recalled.
    """

    def __init__(self, folder: Path, since: datetime) -> None:
        """Reads the indexes of all closed WARC files in and below `folder`.

        Raises BadInput where there is no such file, or one without its index.
        """
        self._since = f"{since:%Y%m%d%H%M%S}"
        self._given: dict[str, Place] = {}
        self._database = sqlite3.connect("")  # an unnamed file that the system removes by itself
        self._database.executescript(_TABLE)
        files = sorted(folder.rglob("*.warc.gz"))
        if not files:
            raise BadInput(f"{folder} holds no .warc.gz file; name an archive, or a folder of WARC files")
        for path in files:
            self._database.executemany("INSERT INTO capture VALUES (?, ?, ?, ?)", _captures(path))
        self._database.executescript(_INDEXES)

    def take(self, url: str) -> Place | None:
        """Where the next capture of `url` lies; None when there is none at all."""
        last = self._given.get(url, (self._since, "", -1))
        found = self._place(f"url = ? AND ({_ORDER}) > (?, ?, ?) ORDER BY {_ORDER}", url, *last)
        found = found or self._place(f"url = ? ORDER BY {_ORDER.replace(',', ' DESC,')} DESC", url)
        if found:
            self._given[url] = found
        return found

    def exchange(self, place: Place, *, conditional: bool = False) -> Exchange:
        """The exchange whose response or revisit record lies at `place`.

        The answer of a revisit is made whole with its original's payload; a kept 304 is given where the request is
        `conditional`. Raises RecordError where the records cannot be read, or the original is not there.
        """
        _, file, offset = place
        request, answer, fields = self._read(file, offset)
        response = answer.block
        if answer.type == "revisit" and not (conditional and "notModified" in fields):
            original = self._original(answer)
            head = answer.block or original.http.head
            response = head + original.http.body
        elif answer.type == "revisit":
            response = _raw(fields["notModified"])
        surplus, taken = fields.get("surplus", "0"), fields.get("fetchTimeMs", "0")
        return Exchange(
            url=answer.target,
            started=unstamp(answer.date),
            request=request,
            response=response,
            interim=_raw(fields.get("interim", '""')),
            surplus=int(surplus) if surplus.isdigit() else 0,
            truncated=answer.truncated if answer.type == "response" else "",
            ip=answer.headers.get("warc-ip-address", ""),
            fetch_ms=int(taken) if taken.isdigit() else 0,
            error=fields.get("error", ""),
        )

    def close(self) -> None:
        """Give the disk space back."""
        self._database.close()

    def _place(self, condition: str, *values: object) -> Place | None:
        found = self._database.execute(f"SELECT {_ORDER} FROM capture WHERE {condition} LIMIT 1", values)  # noqa: S608
        row: Place | None = found.fetchone()
        return row

    def _read(self, file: str, offset: int) -> tuple[bytes, Record, dict[str, str]]:
        """Request block, record and metadata fields of the exchange; what is not there is empty."""
        before = self._place("file = ? AND offset < ? ORDER BY offset DESC", file, offset)
        request, answer, fields = b"", None, {}
        with closing(records(Path(file), start=before[2] if before else 0)) as found:
            for record in found:
                if not isinstance(record, Record):
                    raise RecordError(record.why, file=file, offset=record.offset)
                if record.offset == offset:
                    answer = record
                elif answer is None and record.type == "request":
                    request = record.block
                elif answer is not None:
                    fields = record.fields if answer.id in record.concurrent_to else {}
                    break
        if answer is None:
            raise RecordError("its index names a record that is not there", file=file, offset=offset)
        return request, answer, fields

    def _original(self, revisit: Record) -> Record:
        url = revisit.headers.get("warc-refers-to-target-uri", "").strip("<>")
        digits = "".join(filter(str.isdigit, revisit.headers.get("warc-refers-to-date", "")))[:14]
        places = self._database.execute("SELECT file, offset FROM capture WHERE url = ? AND moment = ?", (url, digits))
        for file, offset in places.fetchall():
            record = fetch(Path(file), offset)
            if record.type == "response" and revisit.refers_to in ("", record.id):
                return record
        raise RecordError(
            f"the original of this revisit, {url}, is not there", file=revisit.file, offset=revisit.offset
        )


def _captures(path: Path) -> Iterator[tuple[str, str, str, int]]:
    try:
        with index.beside(path).open("rb") as lines:
            for line in lines:
                _, moment, body = line.decode().split(" ", 2)
                row = json.loads(body)
                yield row["url"], moment, str(path), int(row["offset"])
    except FileNotFoundError:
        raise BadInput(f"{path} has no index beside it; `scrapy index {path}` makes one") from None
    except (OSError, ValueError, LookupError) as error:
        raise BadInput(f"{index.beside(path)} cannot be read ({error}); `scrapy index {path}` makes it anew") from error


def _raw(text: str) -> bytes:
    """Bytes that a metadata record holds as a JSON string, a character a byte."""
    return str(json.loads(text)).encode("latin-1")
