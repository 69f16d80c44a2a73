"""`scrapy replay`: posts, CDXJ and ledger anew from the WARC files alone, offline, by today's parser."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from newsbot.archive import Archive
from newsbot.clock import system_clock
from newsbot.configuration import options_of
from newsbot.console import Bar, paint, say, say_json, tell
from newsbot.console import Command as NewsbotCommand
from newsbot.difference import ORDER, lines
from newsbot.discovery.hosts import Hosts
from newsbot.errors import ArchiveError, BadInput, BadUsage
from newsbot.health import HOLES, OK
from newsbot.heap import keep_warm
from newsbot.job import stillness
from newsbot.ledger import Ledger, renew, url_of
from newsbot.shelf import PostShelf
from newsbot.views.comparison import Comparison
from newsbot.views.rebuild import Report, rebuild
from newsbot.warc.reader import check
from newsbot.warc.recovery import recover

if TYPE_CHECKING:
    import argparse

    from newsbot.clock import Clock


class Command(NewsbotCommand):
    """Without arguments the whole archive's views; with WARC files and --out those files' views alone."""

    positional = -1
    usage = "[--diff] [--jobs N] | WARC… --out DIR"
    purpose = "Rebuild posts, CDXJ and ledger from the WARC files, offline"
    about = (
        "--diff shows, field by field, what today's parser would change. It compares the posts (file name, title, "
        "channel, date, image, body), what becomes of the articles that have none, and the title and time that "
        "each page itself gives. Source, author, keywords and the like are in no view: the fixtures watch those. "
        "It first closes the WARC files that a killed run left open, as every replay does; else it writes nothing. "
        "With --json it prints one line for each article that differs, then the summary."
    )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """--diff, --jobs, --out, --json."""
        super().add_options(parser)
        parser.add_argument(
            "--diff",
            action="store_true",
            help="only show what would change in the posts; exit code 3 if anything would",
        )
        parser.add_argument(
            "--jobs", type=int, default=1, metavar="N", help="read pages and write posts in N processes (default: 1)"
        )
        parser.add_argument("--out", metavar="DIR", help="write the views of the given WARC files there")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def work(self, args: list[str], opts: argparse.Namespace) -> int:
        """Rebuild; 3 when --diff found differences or something could not be read."""
        if opts.jobs < 1:
            raise BadUsage(f"--jobs {opts.jobs}: give 1 or more")
        if bool(args) != bool(opts.out):
            raise BadUsage("WARC files and --out DIR go together")
        if args and opts.diff:
            raise BadUsage("--diff compares with the archive's own posts; it does not go with --out")
        keep_warm()
        with ExitStack() as closing:
            comparison = None
            if opts.diff:
                comparison = Comparison(self.archive().posts)
                closing.callback(comparison.close)
            report = self._apart(args, opts) if args else self._whole(opts, comparison)
            counts = _show(comparison, as_json=opts.json) if comparison else Counter()
        for one in report.unreadable:
            tell(f"newsbot: {one.file} at offset {one.offset}: {one.why}; passed over")
        for line in report.unindexed:
            tell(f"newsbot: {line}")
        self._tell(report, counts, opts)
        return HOLES if counts or report.unreadable else OK

    def _whole(self, opts: argparse.Namespace, comparison: Comparison | None) -> Report:
        archive, clock = self.archive(), system_clock()
        rest = options_of(self.config, "schedule").ban_rest
        archive.check()
        archive.make()
        with ExitStack() as closing:
            closing.enter_context(stillness(archive, "replay"))
            recover(archive.root)
            ledger = _ledger(archive, clock, anew=not comparison)
            closing.callback(ledger.close)
            paths = archive.warc_files()
            shelf = comparison or PostShelf(archive.posts)
            bar = Bar()
            closing.callback(bar.close)
            options = {"jobs": opts.jobs, "dry": comparison, "progress": bar}
            report = rebuild(paths, archive.root, ledger, shelf, indexing=True, **options)
            if not comparison:
                hosts = Hosts(ledger, clock, rest)
                for no in report.noes:
                    hosts.recall(no.host, no.when, no.rest)
        return report

    def _apart(self, args: list[str], opts: argparse.Namespace) -> Report:
        paths = [Path(arg).absolute() for arg in args]
        for path in paths:
            check(path)
        out = Archive(Path(opts.out).absolute(), Path(opts.out).absolute() / "posts", "")
        if (out.root / "archive.json").exists():
            raise BadInput(f"--out {opts.out} is an archive of its own; give a folder for these files' views")
        try:
            out.posts.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ArchiveError(f"cannot write {out.root}: {error.strerror}; give another --out") from error
        with ExitStack() as closing:
            ledger = _ledger(out, system_clock())
            closing.callback(ledger.close)
            bar = Bar()
            closing.callback(bar.close)
            return rebuild(paths, out.root, ledger, PostShelf(out.posts), jobs=opts.jobs, progress=bar)

    def _tell(self, report: Report, counts: Counter[str], opts: argparse.Namespace) -> None:
        fields = {name: counts[name] for name in ORDER if counts[name]}
        facts = {
            "files": report.files,
            "looks": report.pages,
            "articles": report.articles,
            "posts": report.published,
            "stale": report.stale,
            "unreadable": len(report.unreadable),
            "differences": counts[""] if opts.diff else None,
            "fields": fields if opts.diff else None,
        }
        if opts.json:
            say_json(facts)
            return
        line = f"newsbot replay: {report.files} files, {report.articles} articles, {report.published} posts"
        if opts.diff:
            told = ", ".join(f"{name} {number}" for name, number in fields.items())
            line += f", {counts['']} would change" + (f" ({told})" if told else "")
        say(line + (f", {len(report.unreadable)} places unreadable" if report.unreadable else ""))


def _ledger(archive: Archive, clock: Clock, *, anew: bool = True) -> Ledger:
    """The archive's ledger; with `anew` a damaged one, or one of an older schema, makes room for a new one."""
    if anew and (line := renew(url_of(archive), clock())):
        tell(f"newsbot: {line}")
    return Ledger.open(archive)


def _show(comparison: Comparison, *, as_json: bool) -> Counter[str]:
    """Tell every difference; how many articles have one in each field, and under '' how many differ at all."""
    counts: Counter[str] = Counter()
    for difference in comparison.differences():
        counts.update(["", *(change.field for change in difference.changes)])
        if as_json:
            changes = {change.field: change.places for change in difference.changes}
            say_json({"article": difference.article, "post": difference.post, "changes": changes})
        else:
            for line in lines(difference, paint):
                say(line)
    return counts
