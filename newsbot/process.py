"""One crawl in this process, from the engine's start to the verdict."""

from __future__ import annotations

import asyncio
import logging
import signal
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scrapy import signals
from scrapy.crawler import AsyncCrawlerProcess

from newsbot.console import tell
from newsbot.errors import ArchiveError, NewsbotError, OutputError
from newsbot.extensions import Archive, Monitor
from newsbot.handlers.playback import prepare
from newsbot.handlers.recording import one_line
from newsbot.warc.files import FULL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scrapy.crawler import Crawler
    from scrapy.settings import Settings

    from newsbot.health import Verdict

__all__ = ["Crawled", "crawl", "prepare"]


@dataclass(frozen=True, slots=True)
class Crawled:
    """What came of a crawl."""

    verdict: Verdict | None  #: None where there is none: why is told
    unheard: list[str]  #: what failed beside the archive, one line each: a feed (-O FILE) that cannot be written


class Unheard(logging.Handler):
    """Hears of what Scrapy only logs: feeds that could not be written, and extensions that failed at a signal."""

    LOGGERS = ("scrapy.extensions.feedexport", "scrapy.utils.signal")

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: dict[str, str] = {}  # by who failed: each is told once

    def listen(self) -> None:
        """From now on; a process of Scrapy's takes the handlers off its loggers when it is made."""
        for name in self.LOGGERS:
            logging.getLogger(name).addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Called by logging."""
        receiver = record.args.get("receiver") if isinstance(record.args, dict) else None
        who = getattr(receiver, "__qualname__", None) or record.getMessage()
        error = record.exc_info[1] if record.exc_info else None
        self.lines.setdefault(who, f"{who}: {one_line(error)}" if error else who)

    def close(self) -> None:
        """Hear no more."""
        for name in self.LOGGERS:
            logging.getLogger(name).removeHandler(self)
        super().close()


def crawl(settings: Settings, spider: str, given: Mapping[str, Any]) -> Crawled:
    """Run a spider with what was `given` with -a. Raises the NewsbotError for which the crawl could not begin."""
    with closing(Unheard()) as unheard:
        verdict = _crawl(settings, spider, given, unheard)
    return Crawled(verdict, list(unheard.lines.values()))


def _crawl(settings: Settings, spider: str, given: Mapping[str, Any], unheard: Unheard) -> Verdict | None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # until the engine runs, an end like Ctrl-C's
    logging.raiseExceptions = False  # a log that a full disk cannot take brings the verdict, not a page a line
    try:
        process = AsyncCrawlerProcess(settings)
        unheard.listen()
        crawler = process.create_crawler(spider)
        crawler.signals.connect(lambda: _end_on_signal(crawler), signals.engine_started, weak=False)
        task = process.crawl(crawler, **given)
        process.start(install_signal_handlers=False)
    except OSError as error:  # of the log: all else that is written has errors of its own
        words = f"cannot write the log {settings['LOG_FILE']}: {error.strerror}; make room or give another LOG_FILE"
        raise (ArchiveError if error.errno in FULL else OutputError)(words) from error
    if failure := task.exception():
        if isinstance(failure, NewsbotError):
            raise failure
        tell(f"newsbot: the crawl could not run: {type(failure).__name__}: {failure}; the log has the whole story")
        return None
    for number in (signal.SIGTERM, signal.SIGINT):  # all is done: the exit code is to be the verdict's
        signal.signal(number, signal.SIG_IGN)
    monitor = crawler.get_extension(Monitor)
    if monitor is None or monitor.verdict is None:
        tell("newsbot: the run ended without a verdict; EXTENSIONS must hold newsbot.extensions.Archive and Monitor")
        return None
    return monitor.verdict


def _end_on_signal(crawler: Crawler) -> None:
    """SIGTERM and Ctrl-C end the crawl within 10 s; what was open becomes a named hole."""
    archive = crawler.get_extension(Archive)
    if archive is not None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, archive.stop, signal.Signals(number).name)
