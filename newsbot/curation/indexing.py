"""Indexes anew from the WARC files: CDXJ beside each, and the ledger's list of answers that may be repeated."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from newsbot.errors import ArchiveError, BadInput, NewsbotError
from newsbot.views.judging import originals_among
from newsbot.views.reading import Reading
from newsbot.warc import index
from newsbot.warc.resume import readable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from newsbot.archive import Archive
    from newsbot.ledger import Ledger
    from newsbot.warc.original import Original
    from newsbot.warc.reader import Record, Torn

_ENDINGS = (".warc", ".warc.gz")


@dataclass(slots=True)
class Report:
    """What was indexed."""

    files: int = 0
    originals: int | None = None  #: answers that a revisit may stand for; None when only files were asked for
    wrong: list[NewsbotError] = field(default_factory=list)  #: files that have no index now, or one up to a tear


def warc_files(paths: Iterable[Path]) -> list[Path]:
    """The files among `paths`, and the WARC files in the folders among them. Raises BadInput for a folder of none."""
    found: list[Path] = []
    for path in paths:
        inside = sorted(one for one in path.rglob("*") if one.name.endswith(_ENDINGS)) if path.is_dir() else [path]
        if not inside:
            raise BadInput(f"{path} holds no WARC files (*.warc.gz, *.warc); name another folder")
        found += inside
    return list(dict.fromkeys(found))


def index_files(paths: Sequence[Path], progress: Callable[[str, int, int], None]) -> Report:
    """CDXJ beside each of these files. Raises ArchiveError; other errors are in the report."""
    report = Report()
    done, total = 0, sum(map(_size, paths))
    for path in paths:
        _noting(report, partial(index.write, path, partial(_tell, progress, done, total)))
        done += _size(path)
    return report


def index_archive(archive: Archive, ledger: Ledger, progress: Callable[[str, int, int], None]) -> Report:
    """CDXJ beside each file of the archive, and in one transaction the answers that a revisit may stand for.

    No run may be at work on the archive: of the file that it writes nothing is read. Raises as `index_files`.
    """
    report = Report()
    reading = Reading()

    def originals() -> Iterator[Original]:
        paths = archive.warc_files()
        done, total = 0, sum(map(_size, paths))
        for path in paths:
            with closing(index.Lines(path)) as lines:
                passing = _heard(lines.passing(readable(path)), partial(_tell, progress, done, total))
                yield from originals_among(reading.file(path, archive.relative(path), passing))
                _noting(report, lines.write)
            done += _size(path)
        yield from originals_among(reading.leftovers())

    report.originals = ledger.replace_originals(originals())
    return report


def _size(path: Path) -> int:
    """Bytes of a file; 0 for one that is not there, which is told when it is its turn."""
    return path.stat().st_size if path.is_file() else 0


def _tell(progress: Callable[[str, int, int], None], done: int, total: int, at: int) -> None:
    progress("indexing", done + at, total)


def _heard(found: Iterable[Record | Torn], progress: Callable[[int], None]) -> Iterator[Record | Torn]:
    for one in found:
        progress(one.offset)
        yield one


def _noting(report: Report, write: Callable[[], Path]) -> None:
    report.files += 1
    try:
        write()
    except ArchiveError:
        raise
    except NewsbotError as error:
        report.wrong.append(error)
