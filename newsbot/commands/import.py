# ruff: noqa: N999 - the command's name is the contract's
"""`scrapy import WARC…`: files of other tools become evidence of the archive; its own captures win every choice."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from newsbot.archive import RunLock
from newsbot.clock import system_clock
from newsbot.console import Bar, say, say_json, tell
from newsbot.console import Command as NewsbotCommand
from newsbot.curation.importing import Brought, Report, bring_in
from newsbot.errors import BadUsage, Locked
from newsbot.health import HOLES, OK
from newsbot.ledger import Ledger
from newsbot.shelf import PostShelf
from newsbot.warc.evidence import FACT, KNOWN, OTHER_SITE, TAKEN
from newsbot.warc.reader import check

if TYPE_CHECKING:
    import argparse


class Command(NewsbotCommand):
    """WARC and WACZ files, any number."""

    positional = -1
    usage = "WARC…"
    purpose = "Take WARC and WACZ files of other tools into the archive, as evidence"
    about = (
        "Copies the records of the sites in ALLOWED_HOSTS, byte for byte, into files of their own below "
        "warc/imported/, each beginning with a record that names the source, its SHA-256 and size. What newsbot "
        "captured itself wins every choice; an article that only they hold becomes a post too. Records of other "
        "sites are counted and passed over, and so are facts of another newsbot. What cannot be read is told by "
        "file and offset and passed over; the exit code is 3 then. The same file twice brings nothing new. "
        "Runs may be at work on the archive meanwhile."
    )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """--json."""
        super().add_options(parser)
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def work(self, args: list[str], opts: argparse.Namespace) -> int:
        """Import; 3 when something could not be read."""
        if not args:
            raise BadUsage("name the files: scrapy import WARC…")
        paths = [Path(arg).absolute() for arg in args]
        for path in paths:
            check(path)
        archive, clock = self.archive(), system_clock()
        archive.make()
        with ExitStack() as closing:
            lock = RunLock(archive, "import")
            if not lock.acquire():
                raise Locked(f"another import or a replay is at work on {archive.root}; import when it has ended")
            closing.callback(lock.release)
            ledger = Ledger.open(archive)
            closing.callback(ledger.close)
            bar = Bar()
            closing.callback(bar.close)
            hosts = self.config.getlist("ALLOWED_HOSTS")
            report = bring_in(archive, ledger, PostShelf(archive.posts), paths, hosts=hosts, clock=clock, progress=bar)
        return _tell(report, as_json=opts.json)


def _tell(report: Report, *, as_json: bool) -> int:
    unreadable = len(report.unreadable)
    for one in report.unreadable:
        tell(f"newsbot: {one.file} at offset {one.offset}: {one.why}; passed over")
    if as_json:
        facts = {"articles": report.articles, "new_posts": report.published, "unreadable": unreadable}
        say_json(facts | {"sources": [_facts(one) for one in report.brought]})
    else:
        for brought in report.brought:
            say(f"newsbot import: {_line(brought)}")
        say(f"newsbot import: {report.articles} articles touched, {report.published} new posts")
    return HOLES if unreadable else OK


def _line(brought: Brought) -> str:
    counts = brought.source.counts
    if not brought.file:
        return f"{brought.source.name}: {brought.why}"
    passed = [f"{counts[word]} {what}" for word, what in _PASSED.items() if counts[word]]
    line = f"{brought.source.name}: {counts[TAKEN]} records, now in {brought.file}"
    return f"{line}; passed over: {', '.join(passed)}" if passed else line


_PASSED = {OTHER_SITE: "of other sites", FACT: "facts of another newsbot", KNOWN: "that are there already"}


def _facts(brought: Brought) -> dict[str, object]:
    source = brought.source
    return {
        "source": source.name,
        "sha256": source.sha256,
        "size": source.size,
        "software": source.software,
        "file": brought.file or None,
        "why": brought.why or None,
        "taken": source.counts[TAKEN] if brought.file else 0,
        "other_sites": source.counts[OTHER_SITE],
        "facts": source.counts[FACT],
        "known": source.counts[KNOWN],
        "unreadable": len(source.torn),
    }
