"""`scrapy coverage`: what the archive holds of each day and channel, and what it misses."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from newsbot import text
from newsbot.archive import write_whole
from newsbot.clock import system_clock
from newsbot.console import Command as NewsbotCommand
from newsbot.console import paint, say, say_json
from newsbot.discovery import arguments
from newsbot.errors import BadInput, OutputError
from newsbot.health import HOLES, OK
from newsbot.ledger import Ledger
from newsbot.reports.coverage import survey
from newsbot.reports.page import page
from newsbot.reports.text import lines

if TYPE_CHECKING:
    import argparse


class Command(NewsbotCommand):
    """No arguments; options choose days and channels."""

    usage = "[--html FILE] [--since TIME] [--until TIME] [--channels NAMES]"
    purpose = "Tell what is listed, captured, published, refused and missing, by day and channel"
    about = (
        "Counts every article by the Beijing day of its publication, and names what is missing: holes, which are "
        "articles that were listed and are neither captured nor refused for good, and gaps, which are times of "
        "which no run read a list to its end; each with the command that fills it. A list that should have been "
        "read again by now has a gap up to now. The exit code is 3 when there are holes or gaps."
    )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """--html, --json, --since, --until, --channels."""
        super().add_options(parser)
        parser.add_argument("--html", metavar="FILE", help="write all of it as one page that needs no network")
        parser.add_argument("--json", action="store_true", help="print all of it as JSON")
        parser.add_argument("--since", metavar="TIME", default="", help="from this day on (2026-09-29, 24h, 7d)")
        parser.add_argument("--until", metavar="TIME", default="", help="up to this day, which counts too")
        parser.add_argument("--channels", metavar="NAMES", default="", help="only these channels (and their lists)")

    def work(self, args: list[str], opts: argparse.Namespace) -> int:  # noqa: ARG002 - options alone
        """Count, and tell."""
        now = system_clock()()
        only = arguments.names(opts.channels)
        since = text.moment(opts.since, now) if opts.since else None
        until = text.moment(opts.until, now, end=True) if opts.until else None
        if since and until and since >= until:
            raise BadInput(f"--since {opts.since} is not before --until {opts.until}")
        archive = self.archive()
        with closing(Ledger.open(archive, make=False)) as ledger:
            name = archive.name
            found = survey(ledger, now, since=since, until=until, only=only)
        code = OK if found.whole else HOLES
        if opts.html:
            _write(Path(opts.html).absolute(), page(found, name))
        if opts.json:
            say_json(found.facts() | {"archive": name, "exit_code": code})
        else:
            for line in lines(found, paint):
                say(line)
        return code


def _write(file: Path, content: str) -> None:
    try:
        write_whole(file, content.encode("utf-8", "replace"))
    except OSError as error:
        raise OutputError(f"cannot write {file}: {error.strerror}; give another --html FILE") from error
