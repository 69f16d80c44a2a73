"""`scrapy index [PATH…]`: CDXJ anew from the WARC files, and for the whole archive the de-duplication index too."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from newsbot.console import Bar, say, say_json, tell
from newsbot.console import Command as NewsbotCommand
from newsbot.curation.indexing import Report, index_archive, index_files, warc_files
from newsbot.errors import RecordError
from newsbot.health import HOLES, OK
from newsbot.job import stillness
from newsbot.ledger import Ledger
from newsbot.warc.recovery import recover

if TYPE_CHECKING:
    import argparse


class Command(NewsbotCommand):
    """Without arguments the archive's files, with paths just these."""

    positional = -1
    usage = "[PATH…]"
    purpose = "Rebuild CDXJ from WARC files, and the archive's de-duplication index"
    about = (
        "Writes <file>.cdxj beside each WARC file, byte for byte as a crawl leaves it. Without PATH: for every "
        "file of the archive, and the ledger's list of answers that later ones may be revisits of; no run may be "
        "at work meanwhile. With PATHs, files or folders: for these alone, wherever they lie. A torn file is "
        "indexed up to the tear, which is told, and the exit code is 3. A gzip file with several records in one "
        "member has no offsets to index: `warcio recompress` makes it one that has."
    )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """--json."""
        super().add_options(parser)
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def work(self, args: list[str], opts: argparse.Namespace) -> int:
        """Index; 3 when a file is torn, 1 when one cannot be indexed at all."""
        paths = warc_files(Path(arg).absolute() for arg in args)
        bar = Bar()
        try:
            report = index_files(paths, bar) if args else self._whole(bar)
        finally:
            bar.close()
        for error in report.wrong:
            tell(f"newsbot: {error}")
        facts = {"files": report.files, "failed": len(report.wrong), "originals": report.originals}
        if opts.json:
            say_json(facts)
        else:
            line = f"newsbot index: {report.files} files indexed"
            line += "" if report.originals is None else f", {report.originals} answers that later ones may repeat"
            say(line + (f", {len(report.wrong)} not wholly" if report.wrong else ""))
        codes = [HOLES if isinstance(error, RecordError) else error.exit_code for error in report.wrong]
        return max(codes, default=OK)

    def _whole(self, bar: Bar) -> Report:
        archive = self.archive()
        archive.check()
        archive.make()
        with stillness(archive, "index"):
            recover(archive.root)
            with closing(Ledger.open(archive)) as ledger:
                return index_archive(archive, ledger, bar)
