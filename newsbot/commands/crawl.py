"""`scrapy crawl sina_finance`: Scrapy's command with our exit codes, one line of verdict, the log in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.commands import BaseRunSpiderCommand
from scrapy.spiderloader import SpiderLoader

from newsbot.archive import run_stamp
from newsbot.clock import system_clock
from newsbot.configuration import archive_of
from newsbot.console import Command as NewsbotCommand
from newsbot.console import say, say_json, tell
from newsbot.errors import BadUsage

if TYPE_CHECKING:
    import argparse


class Command(NewsbotCommand, BaseRunSpiderCommand):
    """Scrapy's options, our checks, our ending."""

    positional = 1
    usage = "[options] sina_finance"
    purpose = "Find, capture, archive and publish what is new (-a channels= since= until= urls=)"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Scrapy's options and --json."""
        super().add_options(parser)
        parser.add_argument("--json", action="store_true", help="print the verdict as JSON instead of one line")

    def work(self, args: list[str], opts: argparse.Namespace) -> int:
        """Crawl; the verdict's exit code."""
        if not args:
            raise BadUsage("say which spider: scrapy crawl sina_finance")
        if args[0] not in _spiders(self.config):
            raise BadUsage(f"there is no spider {args[0]!r}; there is sina_finance")
        # Here, since Scrapy imports every command for each command, and a crawl needs a third of a second more.
        from newsbot import process  # noqa: PLC0415

        process.prepare(self.config)
        self._log_to_file()
        if not self.config["CONTACT"]:
            self._advise()
        crawled = process.crawl(self.config, args[0], opts.spargs)
        for line in crawled.unheard:
            tell(f"newsbot: {line}; the archive has it all, and {self.config['LOG_FILE'] or 'the log'} the whole story")
        verdict = crawled.verdict
        if verdict is None:
            return 1
        exit_code = verdict.exit_code or int(bool(crawled.unheard))
        if opts.json:
            reasons = [*verdict.reasons, *crawled.unheard]
            say_json({"exit_code": exit_code, "verdict": verdict.word, "reasons": reasons, "line": verdict.line})
        elif verdict.exit_code:
            tell(verdict.line)
        else:
            say(verdict.line)
        return exit_code

    def _log_to_file(self) -> None:
        """Scrapy's log goes beside the verdict unless the user wants it elsewhere."""
        if self.config["LOG_FILE"] or self.config.getpriority("LOG_ENABLED") == 40:
            return
        archive = archive_of(self.config)
        archive.make()
        self.config.set("LOG_FILE", str(archive.runs / f"{run_stamp(system_clock()())}.log"), priority="command")

    def _advise(self) -> None:
        """On the first run without CONTACT, one line of advice."""
        if not any(archive_of(self.config).runs.glob("*.json")):
            tell("newsbot: CONTACT is empty; set it (-s CONTACT=you@example.org) so that the site can reach you first")


def _spiders(settings: object) -> list[str]:
    return SpiderLoader.from_settings(settings).list()  # type: ignore[arg-type]
