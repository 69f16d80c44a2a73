"""`scrapy history URL`: every capture of one article, what changed between them, deletions and returns."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from newsbot.console import Command as NewsbotCommand
from newsbot.console import paint, say, say_json
from newsbot.curation.withdrawal import known_article
from newsbot.errors import BadUsage
from newsbot.ledger import Ledger
from newsbot.reports.history import facts, further, lines, steps
from newsbot.views.judging import page_from

if TYPE_CHECKING:
    import argparse


class Command(NewsbotCommand):
    """One URL."""

    positional = 1
    usage = "URL"
    purpose = "Tell the captures of one article and what changed between them; deletions"
    about = (
        "URL: any address of the article: http or https, the mobile one, the resolver's, or the docid alone. Each "
        "capture is told with its time (Beijing), status, version and place in the WARC files; between two "
        "versions the title, the times and the sentences that changed (− before, + after), without what Sina puts "
        "around the article. A version is another title or text; advertisements and counters make none. Of an "
        "article in several pages the captures of the further ones that differ are told below, each page with "
        "versions of its own. Colours on a terminal, unless NO_COLOR is set. A withdrawn article is told too: this "
        "publishes nothing."
    )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """--json."""
        super().add_options(parser)
        parser.add_argument("--json", action="store_true", help="print all of it as JSON")

    def work(self, args: list[str], opts: argparse.Namespace) -> int:
        """Look it up, and tell."""
        if len(args) != 1:
            raise BadUsage("give the URL of one article: scrapy history URL")
        archive = self.archive()
        with closing(Ledger.open(archive, make=False)) as ledger:
            row = known_article(ledger, args[0])
            read = page_from(archive.root)
            found, pages = steps(ledger, row, read), further(ledger, row, read)
        if opts.json:
            say_json(facts(row, found, pages))
        else:
            for line in lines(row, found, pages, paint):
                say(line)
        return 0
