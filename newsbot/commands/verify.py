"""`scrapy verify`: records, digests, framing, torn tails, revisits, CDXJ, ledger and posts against each other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from newsbot.console import Bar, say, say_json
from newsbot.console import Command as NewsbotCommand
from newsbot.curation.audit import Audit
from newsbot.warc.foreign import Foreign

if TYPE_CHECKING:
    import argparse

    from newsbot.warc.fault import Fault


class Command(NewsbotCommand):
    """Without arguments the whole archive; with files or folders these alone."""

    positional = -1
    usage = "[PATH…]"
    purpose = "Check WARC files, CDXJ, ledger and posts against each other; writes nothing"
    about = (
        "Reads every record and compares digests, framing, exchanges and revisits; then, without PATH, the CDXJ "
        "files, the ledger and the posts too. PATH: WARC files (.warc, .warc.gz), WACZ files, or folders of them, "
        "of any make; they are looked at by themselves. Each finding is one line: what kind, the file, the offset, "
        "what is wrong, what to do. The exit code is 0, or the sum of 8 (torn: a file that breaks off or cannot "
        "be read), 16 (digest: bytes that are not those that were written) and 32 (missing: something is named "
        "and not there). A crawl may be at work meanwhile."
    )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """--json."""
        super().add_options(parser)
        parser.add_argument(
            "--json", action="store_true", help="print a JSON object for each finding, and one with the totals last"
        )

    def work(self, args: list[str], opts: argparse.Namespace) -> int:
        """Look at everything; the sum of the kinds found."""
        bar = Bar()
        looking: Audit | Foreign
        if args:
            looking = Foreign([Path(arg) for arg in args], bar)
        else:
            archive = self.archive()
            archive.check()
            archive.name  # noqa: B018 - raises BadInput where nobody has given it one
            looking = Audit(archive, bar)
        code = found = 0
        try:
            for fault in looking.faults():
                code |= fault.code
                found += 1
                bar.close()
                _show(fault, as_json=opts.json)
        finally:
            bar.close()
        _sum_up(looking, found, code, as_json=opts.json)
        return code


def _show(fault: Fault, *, as_json: bool) -> None:
    if as_json:
        facts = {"file": fault.file, "kind": fault.kind, "offset": fault.offset, "todo": fault.todo, "what": fault.what}
        say_json(facts)
    else:
        say(" ".join(str(fault).split()))


def _sum_up(looking: Audit | Foreign, found: int, code: int, *, as_json: bool) -> None:
    seen = looking.verification
    facts = {"files": seen.files, "records": seen.records, "posts": looking.posts, "unchecked": seen.unchecked}
    if as_json:
        say_json(facts | {"exit_code": code, "faults": found})
        return
    line = f"newsbot verify: {seen.files} files, {seen.records} records"
    line += f", {looking.posts} posts" if looking.posts else ""
    line += f", {seen.unchecked} digests that cannot be compared here" if seen.unchecked else ""
    say(f"{line}: {f'{found} faults' if found else 'all is well'}")
