"""Indexes anew from the WARC files: CDXJ beside each, and the ledger's list of answers that may be repeated."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from newsbot.errors import ArchiveError, BadInput, NewsbotError
from newsbot.found import counts
from newsbot.replay import Reading
from newsbot.warc import index
from newsbot.warc.original import Original
from newsbot.warc.resume import readable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from newsbot.archive import Archive
    from newsbot.ledger import Ledger

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
    for done, path in enumerate(paths, 1):
        _noting(report, lambda path=path: index.write(path))  # type: ignore[misc]
        progress("indexing", done, len(paths))
    return report


def index_archive(archive: Archive, ledger: Ledger, progress: Callable[[str, int, int], None]) -> Report:
    """CDXJ beside each file of the archive, and in one transaction the answers that a revisit may stand for.

    No run may be at work on the archive: of the file that it writes nothing is read. Raises as `index_files`.
    """
    report = Report()
    reading = Reading(pages=False)

    def originals() -> Iterator[Original]:
        paths = archive.warc_files()
        for done, path in enumerate(paths, 1):
            with closing(index.Lines(path)) as lines:
                found = reading.file(path, archive.relative(path), lines.passing(readable(path)))
                yield from (one for one in found if isinstance(one, Original) and counts(one))
                _noting(report, lines.write)
            progress("indexing", done, len(paths))
        yield from (one for one in reading.leftovers() if isinstance(one, Original) and counts(one))

    report.originals = ledger.replace_originals(originals())
    return report


def _noting(report: Report, write: Callable[[], Path]) -> None:
    report.files += 1
    try:
        write()
    except ArchiveError:
        raise
    except NewsbotError as error:
        report.wrong.append(error)
