"""What a killed run left behind → closed WARC files (warc.md section 3).

Only `.open` files whose lock is free are touched. Each is cut back to its last complete exchange, indexed and renamed.
A complete exchange ends with its metadata record, which names all others of it (compose.py); a note is complete by
itself. Whoever recovers holds the file's lock meanwhile, so two recoverers never meet in one file.

- A file without a complete exchange (empty, or a torn first write) is removed: nothing in it was ever acknowledged.
- Where whole records follow the damage, which no kill does but a failing disk may, they are kept as `<file>.cut`.
- What is no WARC file, though it is named so, is left alone.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from newsbot.errors import BadInput, NotAWarc
from newsbot.warc import files, index
from newsbot.warc.openfile import SUFFIX
from newsbot.warc.reader import Torn, records
from newsbot.warc.resume import later_record

if TYPE_CHECKING:
    from pathlib import Path

_PIECE = 1024 * 1024  # bytes


@dataclass(frozen=True, slots=True)
class Recovered:
    """What became of one `.open` file."""

    file: str  #: path below the archive in its final form, with `/`
    kept_bytes: int  #: 0: the file was removed, or left alone (see `why`)
    cut_bytes: int
    exchanges: int  #: complete ones, kept; notes are not counted
    why: str = ""  #: what was wrong, one line; '' when the file ended at a complete exchange


@dataclass(slots=True)
class _Scan:
    """How far a file is good."""

    kept: int = 0  #: bytes through the last complete exchange or note
    read: int = 0  #: bytes through the last whole record
    exchanges: int = 0
    why: str = ""
    lines: list[bytes] = field(default_factory=list)  #: of the index, for what is kept


def recover(archive: Path) -> list[Recovered]:
    """Close every `.open` file below `archive`/warc that no living writer holds, in the order of their names.

    Raises ArchiveError when a file cannot be cut, indexed or renamed; it then stays `.open` for the next try.
    """
    found = (_recover(path, archive) for path in sorted((archive / "warc").rglob(f"*.warc.gz{SUFFIX}")))
    return [recovered for recovered in found if recovered is not None]


def _recover(path: Path, archive: Path) -> Recovered | None:
    """None when the file belongs to a living writer or another recoverer."""
    name = path.with_name(path.name.removesuffix(SUFFIX)).relative_to(archive).as_posix()
    if not path.is_file():
        return Recovered(name, 0, 0, 0, f"{path} is no file; left alone") if path.exists() else None
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None  # another recoverer was faster
    except OSError as error:
        raise files.refused(path, "recovered", error) from error
    try:
        if not files.try_lock(descriptor) or not files.is_still(path, descriptor):
            return None
        return _close(path, descriptor, name)
    except OSError as error:
        raise files.refused(path, "recovered", error) from error
    finally:
        os.close(descriptor)


def _close(path: Path, descriptor: int, name: str) -> Recovered:
    size = os.fstat(descriptor).st_size
    final = path.with_name(path.name.removesuffix(SUFFIX))
    try:
        scan = _scan(path, final.name)
    except NotAWarc as error:
        if not _is_zero(path):
            return Recovered(name, 0, 0, 0, f"{error}; left alone")
        scan = _Scan(why="the file holds only zero bytes")
    except BadInput as error:
        return Recovered(name, 0, 0, 0, f"{error}; left alone")
    if final.exists():
        return Recovered(name, 0, 0, 0, f"{final} exists already; move one of the two away")
    if scan.why and (later := later_record(path, scan.read)):
        _keep_apart(path, later, final.with_name(f"{final.name}.cut"))
        scan.why += f"; what follows from offset {later} on is kept in {final.name}.cut"
    if scan.kept:
        os.ftruncate(descriptor, scan.kept)
        os.fsync(descriptor)
        files.write_durably(index.beside(final), index.ordered(scan.lines))
        path.rename(final)
    else:
        path.unlink()
    files.sync_directory(path.parent)
    return Recovered(name, scan.kept, size - scan.kept, scan.exchanges, scan.why)


def _scan(path: Path, filename: str) -> _Scan:
    scan = _Scan()
    pending: set[str] = set()  # records whose metadata record has not come yet
    lines: list[bytes] = []
    for record in records(path):
        if isinstance(record, Torn):
            scan.why = f"torn at offset {record.offset}: {record.why}"
            break
        if not record.length:
            raise BadInput(f"{path}: several records share one gzip member, which newsbot never writes")
        scan.read = record.offset + record.length
        if row := index.row(record):
            lines.append(row.line(record.offset, record.length, filename))
        if record.type == "metadata":
            pending.difference_update(record.concurrent_to)
        elif record.type != "warcinfo":
            pending.add(record.id)
        if record.type != "warcinfo" and not pending:
            scan.kept = scan.read
            scan.exchanges += not record.target.startswith("urn:")
            scan.lines += lines
            lines.clear()
    if scan.kept < scan.read and not scan.why:
        scan.why = "the last exchange is not complete"
    return scan


def _is_zero(path: Path) -> bool:
    with path.open("rb") as stream:
        return not any(piece.strip(b"\0") for piece in iter(lambda: stream.read(_PIECE), b""))


def _keep_apart(path: Path, start: int, apart: Path) -> None:
    with path.open("rb") as source, apart.open("wb") as copy:
        source.seek(start)
        shutil.copyfileobj(source, copy)
        copy.flush()
        os.fsync(copy.fileno())
