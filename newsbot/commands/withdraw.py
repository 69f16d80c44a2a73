"""`scrapy withdraw URL --reason …`: an article leaves posts, exports and replay; its captures stay."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from newsbot.clock import system_clock
from newsbot.configuration import warcinfo
from newsbot.console import Command as NewsbotCommand
from newsbot.console import say, say_json
from newsbot.curation.withdrawal import withdraw
from newsbot.errors import BadUsage
from newsbot.ledger import Ledger

if TYPE_CHECKING:
    import argparse


class Command(NewsbotCommand):
    """One URL, a reason, or --undo."""

    positional = 1
    usage = "URL --reason TEXT | URL --undo"
    purpose = "Withdraw an article: no post, no export, no replay; the captures stay"
    about = (
        "Writes a withdrawal record into the archive, takes the article's post away and blocks its addresses in "
        "access.aclj, which pywb obeys. Posts, feeds, exports, browse, wacz and replay leave it out, also after a "
        "rebuild. The captured bytes and their CDXJ lines stay in the archive: who has the WARC files has them."
    )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """--reason, --undo, --json."""
        super().add_options(parser)
        parser.add_argument("--reason", metavar="TEXT", help="why; it is kept in the record")
        parser.add_argument("--undo", action="store_true", help="take a withdrawal back")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def work(self, args: list[str], opts: argparse.Namespace) -> int:
        """Do it, or undo it."""
        if len(args) != 1:
            raise BadUsage("give the URL of one article: scrapy withdraw URL --reason TEXT")
        reason = " ".join((opts.reason or "").split())
        if bool(reason) == opts.undo:
            raise BadUsage("give either --reason TEXT or --undo")
        archive, clock = self.archive(), system_clock()
        with closing(Ledger.open(archive, make=False)) as ledger:
            archive.make()
            row = withdraw(archive, ledger, clock, args[0], reason, info=warcinfo(self.config))
        if opts.json:
            say_json(
                {"article": row.key, "url": row.url, "state": row.state, "reason": row.withdrawal, "post": row.post}
            )
        else:
            say(f"newsbot withdraw: {row.url} is {f'withdrawn ({reason})' if reason else f'{row.state} again'}")
        return 0
