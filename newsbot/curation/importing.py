"""`scrapy import`: files of other tools become evidence below `warc/imported/`, and part of every view.

Durable before visible: a file of ours is whole and on disk before the ledger hears of it. Whatever was killed in
between, the next import, crawl or replay brings in.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from newsbot.article import IMPORTED
from newsbot.sina import urls
from newsbot.views import access
from newsbot.views.absorber import Absorber
from newsbot.views.found import Unreadable
from newsbot.views.workers import OneProcess
from newsbot.warc import evidence, index
from newsbot.warc.enclosed import Enclosed, warc_files
from newsbot.warc.evidence import TAKEN, Source, Taking

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from newsbot.archive import Archive
    from newsbot.clock import Clock
    from newsbot.ledger import Ledger
    from newsbot.shelf import Shelf


@dataclass(frozen=True, slots=True)
class Brought:
    """What became of one foreign WARC file."""

    source: Source
    file: str = ""  #: path below the archive; '' when nothing of it is new
    why: str = ""  #: why nothing is


@dataclass(slots=True)
class Report:
    """What an import did."""

    brought: list[Brought] = field(default_factory=list)
    articles: int = 0  #: that it touches
    published: int = 0  #: how many posts more there are than before
    unreadable: list[Unreadable] = field(default_factory=list)  #: places in the sources, and revisits that dangle


def bring_in(
    archive: Archive,
    ledger: Ledger,
    shelf: Shelf,
    paths: Sequence[Path],
    *,
    hosts: Sequence[str],
    clock: Clock,
    progress: Callable[[str, int, int], None],
) -> Report:
    """Import WARC and WACZ files; the caller holds the lock of imports. `hosts`: ALLOWED_HOSTS.

    Raises NotAWarc and BadInput before anything is written, ArchiveError when it cannot be.
    """
    report = Report()
    sources = [(file, _name(file, path)) for path in paths for file in warc_files(path)]
    folder = archive.root / IMPORTED
    evidence.sweep(folder)
    known = evidence.identities(folder)
    ours = evidence.warcinfo_ids(path for path in archive.warc_files() if folder not in path.parents)
    taking = Taking(tuple(host.lower() for host in hosts), ledger.has_record, ours)
    for file, name in sources:
        source = evidence.survey(file, name, taking, _heard(progress, file, name))
        brought = _bring(archive, source, taking, clock, known)
        report.brought.append(brought)
        report.unreadable += [Unreadable(one.file, one.offset, one.why) for one in source.torn]
    _take_in(archive, ledger, shelf, report, progress)
    return report


def _bring(archive: Archive, source: Source, taking: Taking, clock: Clock, known: dict[str, str]) -> Brought:
    before = known.get(source.sha256) or known.get(source.records)
    if before:
        return Brought(source, why=f"it has been imported already, as {before}")
    if not source.counts[TAKEN]:
        there = source.counts[evidence.KNOWN]
        return Brought(source, why="all its records are there already" if there else "it holds nothing of these sites")
    path = evidence.write(source, taking, archive.root, clock())
    known |= {source.sha256: path.name, source.records: path.name}
    return Brought(source, archive.relative(path))


def _take_in(
    archive: Archive, ledger: Ledger, shelf: Shelf, report: Report, progress: Callable[[str, int, int], None]
) -> None:
    """Bring the views in line: files that are new to the ledger, and older ones with revisits that waited for them."""
    absorbed = ledger.absorbed()
    imported = {archive.relative(path): path for path in sorted((archive.root / IMPORTED).rglob("*.warc.gz"))}
    new = [name for name in imported if name not in absorbed]
    if not new:
        return
    waiting = [name for name, path in imported.items() if name in absorbed and _waits(ledger, name, path)]
    before = len(ledger.posts())
    with OneProcess(whole=True) as process:
        absorber = Absorber(archive.root, ledger, shelf, process)
        for done, name in enumerate([*new, *waiting]):
            progress("taking in", done, len(new) + len(waiting))
            absorber.take(imported[name])
        report.articles = len(absorber.touched)
        absorber.settle(lambda done, total: progress("publishing", done, total))
    report.published = len(ledger.posts()) - before
    report.unreadable += absorber.unreadable
    for name in new:
        ledger.mark_absorbed(name, imported[name].stat().st_size)
    access.write(archive.root, ledger)


def _waits(ledger: Ledger, name: str, path: Path) -> bool:
    """Holds this file a revisit of an article whose original no file held when it was taken in?"""
    return any(place not in _noted(ledger, url, name) for url, place in _revisits(path))


def _revisits(path: Path) -> Iterator[tuple[str, int]]:
    """Address and offset of every revisit of an article in the index of a file."""
    cdxj = index.beside(path)
    for row in index.rows(cdxj) if cdxj.exists() else ():
        if row.get("mime") == "warc/revisit" and urls.is_article(row["url"]):
            yield row["url"], int(row["offset"])


def _noted(ledger: Ledger, url: str, name: str) -> set[int]:
    """The offsets in a file at which the ledger knows a capture of an article."""
    return {seen.offset for seen in ledger.captures(urls.article_key(url)) if seen.file == name}


def _heard(progress: Callable[[str, int, int], None], file: Path | Enclosed, name: str) -> Callable[[int], None]:
    """Tells how far a source has been read, in bytes; of one inside a WACZ without saying of how many."""
    size = 0 if isinstance(file, Enclosed) else file.stat().st_size
    return lambda at: progress(f"reading {name}", at, size)


def _name(file: Path | Enclosed, path: Path) -> str:
    """What a source is called: its file name, and of a WACZ the file inside it."""
    return f"{path.name}{str(file).removeprefix(str(path))}"
