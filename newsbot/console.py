"""What all commands share: arguments checked before work begins, one line for an error, a bar on a terminal."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

from scrapy.commands import ScrapyCommand
from tqdm import tqdm

from newsbot.configuration import archive_of
from newsbot.errors import BadUsage, NewsbotError

if TYPE_CHECKING:
    import argparse

    from scrapy.settings import Settings

    from newsbot.archive import Archive


class Command(ScrapyCommand):
    """A command of newsbot: `work()` does it and returns the exit code of the contract (design.md)."""

    requires_project = True
    requires_crawler_process = False
    positional = 0  #: how many positional arguments it takes at most; -1 for any number
    usage = ""  #: its arguments, for --help
    purpose = ""  #: one line, for the list of commands
    about = ""  #: what --help says besides; '' for no more than the purpose

    def syntax(self) -> str:
        """Scrapy asks by this name."""
        return self.usage

    def short_desc(self) -> str:
        """Scrapy asks by this name."""
        return self.purpose

    def long_desc(self) -> str:
        """Scrapy asks by this name."""
        return self.about or self.purpose

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
        except OSError as error:  # of a file that nobody expected to be missing, or forbidden
            tell(f"newsbot: {error.filename or 'a file'}: {error.strerror or error}; check the disk and the rights")
            self.exitcode = 1
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

    def archive(self) -> Archive:
        """The archive that the settings name."""
        return archive_of(self.config)

    @property
    def config(self) -> Settings:
        """Scrapy's settings, which it puts there before anything else of a command is called."""
        if self.settings is None:
            raise RuntimeError("a command without settings: it was not started by scrapy")
        return self.settings


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
