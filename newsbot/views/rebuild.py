"""Views from the WARC files: all of them anew (what `scrapy replay` does), or what a killed run left out."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from newsbot.views import access
from newsbot.views.absorber import Absorber, name_of
from newsbot.views.replay import Reading
from newsbot.warc.recovery import Recovered, recover

if TYPE_CHECKING:
    from datetime import datetime

    from newsbot.archive import Archive
    from newsbot.discovery.hosts import Hosts
    from newsbot.discovery.wants import Wants
    from newsbot.ledger import Ledger
    from newsbot.shelf import Shelf
    from newsbot.views.comparison import Comparison
    from newsbot.views.found import Found, Unreadable

#: Called with a word for the stage, what is done and the whole of it (files, then articles).
Progress = Callable[[str, int, int], None]


def silent(stage: str, done: int, total: int) -> None:
    """A Progress that shows nothing."""


@dataclass(slots=True)
class Report:
    """What a rebuild found."""

    files: int = 0
    pages: int = 0  #: looks at articles, refused ones included
    articles: int = 0
    published: int = 0
    stale: list[str] = field(default_factory=list)  #: posts that the old ledger had and the records do not give
    unreadable: list[Unreadable] = field(default_factory=list)
    noes: dict[str, datetime] = field(default_factory=dict)  #: host → when it last said no


class _Undo(Exception):
    """Ends a rebuild that was only to look."""


def rebuild(
    paths: Sequence[Path],
    root: Path,
    ledger: Ledger,
    shelf: Shelf,
    *,
    jobs: int = 1,
    dry: Comparison | None = None,
    progress: Progress = silent,
) -> Report:
    """Empty the ledger's archival tables, read `paths`, settle every article, take away posts nothing gives any more.

    One transaction: killed at any moment it leaves the ledger as it was, and a second run mends the posts. With `dry`,
    which is the shelf too then, everything is rolled back at the end.
    """
    report = Report(files=len(paths))
    try:
        with ledger.transaction():
            if dry:
                dry.before(ledger)
            before = ledger.posts()
            ledger.clear()
            absorber = Absorber(root, ledger, shelf)
            _take_all(absorber, paths, root, jobs, progress)
            report.articles = len(absorber.touched)
            absorber.settle(lambda done, total: progress("publishing", done, total))
            after = ledger.posts()
            report.pages, report.unreadable, report.published = absorber.pages, absorber.unreadable, len(after)
            report.noes = absorber.noes
            report.stale = sorted(before - after)
            for stale in report.stale:
                shelf.remove(stale)
            for path in paths:
                ledger.mark_absorbed(name_of(path, root), path.stat().st_size)
            if dry:
                dry.after(ledger)
                raise _Undo  # noqa: TRY301 - only an exception makes the transaction roll back
    except _Undo:
        return report
    access.write(root, ledger)
    return report


def catch_up(
    archive: Archive,
    ledger: Ledger,
    shelf: Shelf,
    hosts: Hosts,
    progress: Callable[[str], None],
    *,
    now: datetime,
    wants: Wants,
) -> tuple[list[str], list[str]]:
    """Recover files of killed runs and take in every WARC file that neither the views nor a living run knows whole.

    Gives one line a recovery, and one line for every place that could not be read. `progress` gets a line for each
    file that is read.
    """
    found = recover(archive.root)
    lines = [_line(recovered) for recovered in found]
    signs = ("left alone", "move one", ".cut")  # what recovery did not dare to touch, or found behind damage
    damaged = [line for line in lines if any(sign in line for sign in signs)]
    known = ledger.absorbed().keys() | (ledger.being_written(now) - {recovered.file for recovered in found})
    unknown = [path for path in archive.warc_files() if archive.relative(path) not in known]
    if unknown:
        absorber = Absorber(archive.root, ledger, shelf, wants)
        for path in unknown:
            progress(f"newsbot: taking in {archive.relative(path)}, which the ledger does not know whole")
            absorber.take(path)
        absorber.settle()
        for host, when in absorber.noes.items():
            hosts.recall(host, when)
        damaged += [f"{one.file} at offset {one.offset}: {one.why}" for one in absorber.unreadable]
        for path in unknown:
            ledger.mark_absorbed(archive.relative(path), path.stat().st_size)
    access.write(archive.root, ledger)  # a withdrawal may have been killed just before
    return lines, damaged


def _line(recovered: Recovered) -> str:
    line = f"{recovered.file}: {recovered.exchanges} exchanges kept, {recovered.cut_bytes} bytes of half ones cut"
    return f"{line} ({recovered.why})" if recovered.why else line


def _take_all(absorber: Absorber, paths: Sequence[Path], root: Path, jobs: int, progress: Progress) -> None:
    if jobs == 1 or len(paths) < 2:
        for done, path in enumerate(paths, 1):
            absorber.take(path)
            progress("reading", done, len(paths))
        return
    # Workers leave what they found in a file each, so that neither they nor we hold a whole WARC file's pages.
    with (
        tempfile.TemporaryDirectory(prefix="newsbot-") as folder,
        ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool,
    ):
        work = [
            pool.submit(_read_apart, path, name_of(path, root), Path(folder) / str(i)) for i, path in enumerate(paths)
        ]
        for done, future in enumerate(work, 1):
            reading = future.result()
            absorber.note(_pickled(Path(folder) / str(done - 1)))
            absorber.note(absorber.reading.join(reading))
            progress("reading", done, len(paths))


def _read_apart(path: Path, name: str, spill: Path) -> Reading:
    """In a worker: read one file into `spill`; give back what waits for its other half."""
    reading = Reading()
    with spill.open("wb") as out:
        for found in reading.file(path, name):
            pickle.dump(found, out, pickle.HIGHEST_PROTOCOL)
    return reading


def _pickled(spill: Path) -> Iterator[Found]:
    with spill.open("rb") as source:
        while True:
            try:
                yield pickle.load(source)  # noqa: S301
            except EOFError:
                break
    spill.unlink()
