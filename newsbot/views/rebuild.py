"""Views from the WARC files: all of them anew (what `scrapy replay` does), or what a killed run left out."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from newsbot.errors import BadInput, RecordError
from newsbot.views import access
from newsbot.views.absorber import Absorber, name_of
from newsbot.views.workers import OneProcess, Workers
from newsbot.warc import index
from newsbot.warc.recovery import Recovered, recover
from newsbot.warc.resume import readable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from newsbot.archive import Archive
    from newsbot.discovery.hosts import Hosts
    from newsbot.discovery.wants import Wants
    from newsbot.ledger import Ledger
    from newsbot.shelf import Shelf
    from newsbot.views.comparison import Comparison
    from newsbot.views.found import Answer, Found, No, Unreadable
    from newsbot.views.reading import Reading

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
    unindexed: list[str] = field(default_factory=list)  #: why a file has no whole index, one line each
    noes: list[No] = field(default_factory=list)  #: what hosts said last of being left alone


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
    indexing: bool = False,
    progress: Progress = silent,
) -> Report:
    """Empty the ledger's archival tables, read `paths`, settle every article, take away posts nothing gives any more.

    One transaction: killed at any moment it leaves the ledger as it was, and a second run mends the posts. With `dry`,
    which is the shelf too then, everything is rolled back at the end. With `indexing` the files' CDXJ too.
    """
    report = Report(files=len(paths))
    with Workers(jobs) if jobs > 1 else OneProcess() as workers, suppress(_Undo), ledger.transaction():
        if dry:
            dry.before(ledger)
        before = ledger.posts()
        ledger.clear()
        absorber = Absorber(root, ledger, shelf, workers)
        unindexed = report.unindexed if indexing and not dry else None
        absorber.note(_everything(absorber.reading, paths, root, progress, unindexed))
        absorber.settle_anew(lambda done, total: progress("publishing", done, total))
        report.articles = sum(ledger.counts().values())
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
            raise _Undo
    if not dry:
        access.write(root, ledger)
    return report


def _everything(
    reading: Reading, paths: Sequence[Path], root: Path, progress: Progress, unindexed: list[str] | None
) -> Iterator[Found | Answer]:
    """What all files tell, one after the other: workers are not waited for between two of them.

    The files' indexes are made on the way; why one could not be is put into `unindexed` (None: make none).
    """
    for done, path in enumerate(paths):
        progress("reading", done, len(paths))
        name = name_of(path, root)
        if unindexed is None:
            yield from reading.file(path, name)
            continue
        with closing(index.Lines(path)) as lines:
            yield from reading.file(path, name, lines.passing(readable(path)))
            try:
                lines.write()
            except (BadInput, RecordError) as error:
                unindexed.append(str(error))


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
        with OneProcess(whole=True) as process:
            absorber = Absorber(archive.root, ledger, shelf, process, wants)
            for path in unknown:
                progress(f"newsbot: taking in {archive.relative(path)}, which the ledger does not know whole")
                absorber.take(path)
            absorber.settle()
        for no in absorber.noes:
            hosts.recall(no.host, no.when, no.rest)
        damaged += [f"{one.file} at offset {one.offset}: {one.why}" for one in absorber.unreadable]
        for path in unknown:
            ledger.mark_absorbed(archive.relative(path), path.stat().st_size)
    access.write(archive.root, ledger)  # a withdrawal may have been killed just before
    return lines, damaged


def _line(recovered: Recovered) -> str:
    line = f"{recovered.file}: {recovered.exchanges} exchanges kept, {recovered.cut_bytes} bytes of half ones cut"
    return f"{line} ({recovered.why})" if recovered.why else line
