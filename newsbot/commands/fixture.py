"""`scrapy fixture URL…`: test fixtures cut from the archive, offline."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy.utils.conf import closest_scrapy_cfg

from newsbot.console import Command as NewsbotCommand
from newsbot.console import say, say_json
from newsbot.curation.fixture import Fixture, cut, write
from newsbot.curation.withdrawal import known_article
from newsbot.errors import BadInput, BadUsage
from newsbot.ledger import Ledger

if TYPE_CHECKING:
    import argparse


class Command(NewsbotCommand):
    """One folder for each URL."""

    positional = -1
    usage = "URL… --why TEXT [--at DATE] [--out DIR]"
    purpose = "Cut test fixtures from the archive: page, heads, expected article and post"
    about = (
        "For each URL a folder <layout>/<article key>, with the page's bytes, the heads of the exchange, and what "
        "today's parser makes of it: article.json and post.md, or refusal.json. Read these before you keep them: "
        "they are what the tests will expect. The page is the publisher's: keep it out of a public repository, or "
        "put invented words in the place of its text. docs/maintaining.md goes through all of it."
    )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """--why, --at, --out, --json."""
        super().add_options(parser)
        parser.add_argument("--why", metavar="TEXT", help="why the fixture is kept; it goes into meta.json")
        parser.add_argument(
            "--at",
            metavar="DATE",
            default="",
            help="the newest capture whose WARC-Date (UTC) begins so, or the one with this record id (default: newest)",
        )
        parser.add_argument("--out", metavar="DIR", help="where the folders go (default: tests/fixtures/pages)")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def work(self, args: list[str], opts: argparse.Namespace) -> int:
        """Cut all of them, then write them."""
        why = " ".join((opts.why or "").split())
        if not args or not why:
            raise BadUsage("give URLs, and why they are kept: scrapy fixture URL… --why TEXT")
        archive = self.archive()
        with closing(Ledger.open(archive, make=False)) as ledger:
            rows = {row.key: row for row in (known_article(ledger, url) for url in args)}
            fixtures = [cut(archive.root, ledger, row, why=why, at=opts.at) for row in rows.values()]
        out = _out(opts.out)
        folders = [out / fixture.group / fixture.name for fixture in fixtures]
        for folder in folders:  # before the first is written
            if folder.exists():
                raise BadInput(f"{folder} is there already: remove it, or give another --out")
        for folder, fixture in zip(folders, fixtures, strict=True):
            write(folder, fixture.files)
            _tell(folder, fixture, as_json=opts.json)
        return 0


def _out(given: str | None) -> Path:
    if given:
        return Path(given).absolute()
    project = closest_scrapy_cfg()
    if not project:
        raise BadUsage("outside a checkout of newsbot give --out DIR")
    return Path(project).parent / "tests" / "fixtures" / "pages"


def _tell(folder: Path, fixture: Fixture, *, as_json: bool) -> None:
    if as_json:
        say_json(
            {"folder": str(folder), "article": fixture.name, "group": fixture.group, "files": sorted(fixture.files)}
        )
    else:
        say(f"newsbot fixture: {folder}: {', '.join(sorted(fixture.files))}")
