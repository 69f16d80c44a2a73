"""`scrapy ledger dump`: the ledger's archival tables as canonical text, the same for the same records."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from newsbot.console import Command as NewsbotCommand
from newsbot.console import say
from newsbot.errors import BadUsage
from newsbot.ledger import Ledger

if TYPE_CHECKING:
    import argparse


class Command(NewsbotCommand):
    """A word says what to do with the ledger; `dump` is the one there is."""

    positional = 1
    usage = "dump"
    purpose = "Print the ledger's archival tables as canonical text (table, TAB, JSON; sorted)"

    def work(self, args: list[str], opts: argparse.Namespace) -> int:  # noqa: ARG002 - it has no options of its own
        """Print it."""
        if args != ["dump"]:
            raise BadUsage("say what to do: scrapy ledger dump")
        with closing(Ledger.open(self.archive(), make=False)) as ledger:
            for line in ledger.dump():
                say(line)
        return 0
