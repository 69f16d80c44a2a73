"""What all commands share: arguments checked before work begins, one line for an error, a bar on a terminal."""

from __future__ import annotations

import json
import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrapy.commands import ScrapyCommand
from scrapy.utils.conf import closest_scrapy_cfg
from tqdm import tqdm

from newsbot import PROJECT_PAGE, __version__, archive
from newsbot.errors import BadUsage, NewsbotError

if TYPE_CHECKING:
    import argparse

    from scrapy.settings import Settings


class Command(ScrapyCommand):
    """A command of newsbot: `work()` does it and returns the exit code of the contract (design.md)."""

    requires_project = True
    requires_crawler_process = False
    positional = 0  #: how many positional arguments it takes at most; -1 for any number

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Scrapy's entry: refuse what is unknown (Scrapy hands unknown options over unparsed), then work."""
        try:
            self._check(args)
            self.exitcode = self.work(args, opts)
        except NewsbotError as error:
            tell(f"newsbot: {error}")
            self.exitcode = error.exit_code
        except BrokenPipeError:  # the reader of our output has gone (`| head`)
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            self.exitcode = 0
        except KeyboardInterrupt:
            tell("newsbot: stopped before the end; nothing is half written")
            self.exitcode = 3

    def _check(self, args: list[str]) -> None:
        name = type(self).__module__.rpartition(".")[2]
        unknown = [arg for arg in args if arg.startswith("-") and arg != "-"]
        if unknown:
            raise BadUsage(f"unknown option {unknown[0]}; see scrapy {name} --help")
        if 0 <= self.positional < len(args):
            raise BadUsage(f"unknown argument {args[self.positional]!r}; see scrapy {name} --help")

    def work(self, args: list[str], opts: argparse.Namespace) -> int:
        """Do it; the exit code."""
        raise NotImplementedError

    def archive(self) -> archive.Archive:
        """The archive that the settings name."""
        return archive_of(self.config)

    @property
    def config(self) -> Settings:
        """Scrapy's settings, which it puts there before anything else of a command is called."""
        if self.settings is None:
            raise RuntimeError("a command without settings: it was not started by scrapy")
        return self.settings


def archive_of(settings: Any) -> archive.Archive:
    """The archive that Scrapy's settings name; BadInput when ARCHIVE_DIR is relative outside a project."""
    config = closest_scrapy_cfg()
    project = Path(config).parent if config else None
    return archive.locate(settings["ARCHIVE_DIR"], settings["POSTS_DIR"], settings["LEDGER_URL"], project)


def warcinfo(settings: Any) -> dict[str, str]:
    """warcinfo: who crawled, how politely, and through which doors (warc.md section 2)."""
    info = {
        "software": _software(),
        "isPartOf": settings["ARCHIVE_PART_OF"],
        "description": "Captures and posts belong to their publishers; newsbot's licence covers its code",
        "operator": settings["OPERATOR"],
        "contact": settings["CONTACT"],
        "robots": "obey" if settings.getbool("ROBOTSTXT_OBEY") else "ignore",
        "http-header-user-agent": user_agent(settings),
        "connect-to": ", ".join(f"{name}={place}" for name, place in settings.getdict("CONNECT_TO").items()),
        "tls-ca-file": settings["TLS_CA_FILE"],
        "replay-from": settings["REPLAY_FROM"],
    }
    return {name: value for name, value in info.items() if value}


def _software() -> str:
    """All that has a hand in the bytes of a capture, with versions."""
    libraries = " ".join(f"{name}/{version(name)}" for name in ("Scrapy", "Twisted", "cryptography"))
    return f"newsbot/{__version__} {libraries} Python/{platform.python_version()}"


def user_agent(settings: Any) -> str:
    """USER_AGENT with the contact filled in."""
    agent: str = settings["USER_AGENT"].replace("{contact}", settings["CONTACT"] or PROJECT_PAGE)
    return agent


def tell(line: str) -> None:
    """One line on standard error, whatever line ends an error's own words bring."""
    print(" ".join(line.split()), file=sys.stderr, flush=True)


def say(line: str) -> None:
    """One line on standard output."""
    print(line, flush=True)


def say_json(facts: Any) -> None:
    """Facts for other programs."""
    say(json.dumps(facts, ensure_ascii=False, sort_keys=True))


_STYLES = {"head": "1", "old": "31", "new": "32"}  # bold, red, green


def paint(text: str, style: str) -> str:
    """`text` in the colour of `head`, `old` or `new` on a terminal; as it is elsewhere, and where NO_COLOR is set."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return text
    return f"\x1b[{_STYLES[style]}m{text}\x1b[0m"


class Bar:
    """A progress bar on a terminal, nothing elsewhere; takes (stage, done, total)."""

    def __init__(self) -> None:
        self._bar: tqdm[Any] | None = None
        self._stage = ""

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Show how far a stage is."""
        if stage != self._stage:
            self.close()
            # Shown from one second on: short work needs no bar. disable=None: only on a terminal.
            self._bar = tqdm(total=total, desc=stage, delay=1, disable=None, leave=False)
            self._stage = stage
        if self._bar is not None:
            self._bar.update(done - self._bar.n)

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
