"""`scrapy wacz OUT`: the archive, or some of its articles, as one WACZ file for ReplayWeb.page and others."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from newsbot import __version__
from newsbot.clock import system_clock
from newsbot.console import Bar, say, say_json, tell
from newsbot.console import Command as NewsbotCommand
from newsbot.curation.catalogue import Catalogue
from newsbot.curation.collection import Collection, Selection, gather, select
from newsbot.errors import BadUsage, OutputError
from newsbot.health import HOLES, OK
from newsbot.ledger import Ledger
from newsbot.warc.wacz import About, Written, check, write

if TYPE_CHECKING:
    import argparse

    from newsbot.archive import Archive


class Command(NewsbotCommand):
    """One file to write."""

    positional = 1
    usage = "OUT.wacz [--since TIME] [--until TIME] [--channels NAMES] [--force]"
    purpose = "Pack the archive, or some of its articles, into a WACZ file for replay"
    about = (
        "Writes a WACZ 1.1.1 with an index and a list of pages with their text; ReplayWeb.page opens it. Without "
        "options it holds every WARC file of the archive; with them the articles published in that time and those "
        "channels: every capture, redirects, pictures and style sheets. Withdrawn articles never go in, nor do "
        "files that are just being written. The archive stays as it is; the WACZ is not signed."
    )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """--since, --until, --channels, --force, --json."""
        super().add_options(parser)
        parser.add_argument(
            "--since", metavar="TIME", default="", help="published from then on: 2021-09-29, 2021-09-29T21:00, 24h, 7d"
        )
        parser.add_argument(
            "--until", metavar="TIME", default="", help="published before that; a bare date means the end of that day"
        )
        parser.add_argument("--channels", metavar="NAMES", default="", help="of these channels: china,stock")
        parser.add_argument("--force", action="store_true", help="replace OUT when it is there")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def work(self, args: list[str], opts: argparse.Namespace) -> int:
        """Write it; 3 when something could not be read or is not there."""
        if len(args) != 1:
            raise BadUsage("give the name of one file to write: scrapy wacz OUT.wacz")
        archive, now = self.archive(), system_clock()()
        selection = select(now, since=opts.since, until=opts.until, names=opts.channels)
        out = Path(args[0]).absolute()
        check(out, replace=opts.force)
        with closing(Ledger.open(archive, make=False)) as ledger:
            about = About("Sina Finance", _described(opts), f"newsbot/{__version__}", now)
            collection, written = _pack(archive, ledger, selection, out, about)
        return _tell(collection, written, args[0], as_json=opts.json)


def _pack(
    archive: Archive, ledger: Ledger, selection: Selection, out: Path, about: About
) -> tuple[Collection, Written]:
    with closing(Bar()) as bar, closing(Catalogue()) as catalogue:
        try:
            collection = gather(archive, ledger, selection, catalogue, now=about.created, progress=bar)
            total = catalogue.size()
            about = replace(about, title=", ".join((about.title, *sorted(catalogue.part_of))))
        except sqlite3.Error as error:  # the ledger's own are LedgerErrors
            raise OutputError(
                f"temporary files cannot be written: {error}; name a folder with room in TMPDIR"
            ) from error

        def progress(done: int) -> None:
            bar("writing", done, total)

        return collection, write(out, catalogue.entries(), catalogue.pages(), about, progress)


def _described(opts: argparse.Namespace) -> str:
    chosen = {"published since": opts.since, "published until": opts.until, "channels": opts.channels}
    words = [f"{name} {value}" for name, value in chosen.items() if value]
    which = f"Articles {', '.join(words)} (Beijing time)" if words else "All captures but those of withdrawn articles"
    return f"{which}. Captures belong to their publishers."


def _tell(collection: Collection, written: Written, out: str, *, as_json: bool) -> int:
    """Say what was written and what was left out; the exit code."""
    told = [f"{one.file} at offset {one.offset}: {one.why}; passed over" for one in collection.unreadable]
    told += [f"{file} is being written; left out" for file in collection.open]
    if collection.missing:
        told.append(f"{len(collection.missing)} published articles have no page in it, {collection.missing[0]} first")
    if collection.dangling:
        told.append(f"{collection.dangling} revisits repeat records that are not in it")
    for line in told:
        tell(f"newsbot: {line}")
    if as_json:
        facts: dict[str, Any] = {"out": out, "articles": collection.articles, "exchanges": collection.exchanges}
        facts |= {"withdrawn": collection.withdrawn, "open": collection.open, "missing": len(collection.missing)}
        facts |= {"dangling": collection.dangling, "unreadable": len(collection.unreadable)}
        say_json(facts | asdict(written))
    else:
        say(
            f"newsbot wacz: {out}: {written.pages} pages, {collection.exchanges} exchanges "
            f"of {written.files} WARC files, {written.size} bytes"
        )
    gaps = (collection.missing or collection.dangling) and not collection.open  # else they may lie there
    return HOLES if collection.unreadable or gaps else OK
