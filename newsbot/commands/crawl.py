"""`scrapy crawl sina_finance`: Scrapy's command with our exit codes, one line of verdict, the log in a file."""

from __future__ import annotations

import asyncio
import logging
import signal
from typing import TYPE_CHECKING

from scrapy import signals
from scrapy.commands import BaseRunSpiderCommand
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.spiderloader import SpiderLoader

from newsbot.archive import run_stamp
from newsbot.clock import system_clock
from newsbot.configuration import archive_of
from newsbot.console import Command as NewsbotCommand
from newsbot.console import say, say_json, tell
from newsbot.errors import BadUsage, NewsbotError
from newsbot.extensions import Archive, Monitor
from newsbot.handlers.playback import prepare

if TYPE_CHECKING:
    import argparse

    from scrapy.crawler import Crawler


class Command(NewsbotCommand, BaseRunSpiderCommand):
    """Scrapy's options, our checks, our ending."""

    positional = 1

    def syntax(self) -> str:
        """How it is called."""
        return "[options] sina_finance"

    def short_desc(self) -> str:
        """For the list of commands."""
        return "Find, capture, archive and publish what is new (-a channels= since= until= urls=)"

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
        prepare(self.config)
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # until the engine runs, an end like Ctrl-C's
        logging.raiseExceptions = False  # a log that a full disk cannot take brings the verdict, not a page a line
        self._log_to_file()
        if not self.config["CONTACT"]:
            self._advise()
        process = AsyncCrawlerProcess(self.config)
        crawler = process.create_crawler(args[0])
        crawler.signals.connect(lambda: _end_on_signal(crawler), signals.engine_started, weak=False)
        task = process.crawl(crawler, **opts.spargs)
        process.start(install_signal_handlers=False)
        if error := task.exception():
            if isinstance(error, NewsbotError):
                raise error
            tell(f"newsbot: the crawl could not run: {type(error).__name__}: {error}; the log has the whole story")
            return 1
        return self._ending(crawler, as_json=opts.json)

    def _ending(self, crawler: Crawler, *, as_json: bool) -> int:
        for number in (signal.SIGTERM, signal.SIGINT):  # all is done: the exit code is to be the verdict's
            signal.signal(number, signal.SIG_IGN)
        monitor = crawler.get_extension(Monitor)
        if monitor is None or monitor.verdict is None:
            tell(
                "newsbot: the run ended without a verdict; EXTENSIONS must hold newsbot.extensions.Archive and Monitor"
            )
            return 1
        verdict = monitor.verdict
        if as_json:
            say_json(
                {
                    "exit_code": verdict.exit_code,
                    "verdict": verdict.word,
                    "reasons": verdict.reasons,
                    "line": verdict.line,
                }
            )
        elif verdict.exit_code:
            tell(verdict.line)
        else:
            say(verdict.line)
        return verdict.exit_code

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


def _end_on_signal(crawler: Crawler) -> None:
    """SIGTERM and Ctrl-C end the crawl within 10 s; what was open becomes a named hole."""
    archive = crawler.get_extension(Archive)
    if archive is not None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, archive.stop, signal.Signals(number).name)
