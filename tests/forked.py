"""Commands in processes of their own that need not import Scrapy first: forked off one that has (0.1 s, not 0.8 s).

Everything else is as `python -m scrapy` has it: arguments, environment, standard streams, exit code.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Protocol

from tests.crawling import PROJECT, Bot, Ended

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from tests.fakesina import Server

#: What a command imports; no module of these may choose a reactor, which is the command's own to do.
LOADED = (
    *("scrapy.cmdline", "scrapy.crawler", "scrapy.core.engine", "scrapy.core.scheduler", "scrapy.core.downloader"),
    *("scrapy.squeues", "scrapy.pqueues", "scrapy.spiderloader", "scrapy.statscollectors", "scrapy.logformatter"),
    *(f"scrapy.downloadermiddlewares.{name}" for name in ("robotstxt", "retry", "redirect", "downloadtimeout")),
    *(f"newsbot.commands.{path.stem}" for path in sorted((PROJECT / "newsbot/commands").glob("[!_]*.py"))),
    *("newsbot.spiders.sina_finance", "newsbot.pipelines", "newsbot.middlewares", "newsbot.handlers.capture"),
)


@dataclass(slots=True)
class Stem:
    """The process that others are forked off."""

    process: subprocess.Popen[str]

    def run(self, words: Sequence[str], cwd: Path, environment: Mapping[str, str], **asked: Any) -> Ended:
        """Run `scrapy …words`; how it ended. `stdin`: its text; `file_size`: bytes that no file may exceed.

        `kill_at`: (number, folder) to kill it with SIGKILL just before so many changes to files below that folder.
        """
        asked |= {"words": list(words), "cwd": str(cwd), "environment": dict(environment)}
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        return Ended(**json.loads(self.process.stdout.readline()))


@dataclass(slots=True)
class ForkedBot(Bot):
    """A Bot whose `run` forks; `start` is as ever."""

    stem: Stem | None = None

    def run(self, *words: str, settings: Mapping[str, Any] | None = None, stdin: str = "") -> Ended:
        """Run a command to its end."""
        return self.execute(*self.command(*words, settings=settings)[3:], stdin=stdin)

    def execute(self, *words: str, **asked: Any) -> Ended:
        """Run `scrapy …` with just these words; `asked` as Stem.run takes it."""
        assert self.stem is not None
        return self.stem.run(words, self.cwd, self.environment(), **asked)


class BotOf(Protocol):
    """Makes a test's newsbot."""

    def __call__(self, server: Server | None = None, settings: dict[str, Any] | None = None) -> ForkedBot:
        """For a site, or for none; with these settings."""


@contextmanager
def stem() -> Iterator[Stem]:
    """A Stem, until the end of the block."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.forked"],
        cwd=PROJECT,
        env={**os.environ, "PYTHONWARNINGS": "error::ResourceWarning"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Stem(process)


def serve() -> None:
    """Fork a command for each line of standard input."""
    for name in LOADED:
        importlib.import_module(name)
    assert "twisted.internet.reactor" not in sys.modules
    for line in sys.stdin:
        asked = json.loads(line)
        with tempfile.TemporaryFile("w+") as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            given.write(asked.get("stdin", ""))
            given.seek(0)
            child = os.fork()
            if not child:
                become(asked, (given, out, err))
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            out.seek(0)
            err.seek(0)
            print(json.dumps({"code": code, "out": out.read().decode(), "err": err.read().decode()}), flush=True)


def become(asked: dict[str, Any], streams: Sequence[IO[Any]]) -> None:
    """In the child: be the command."""
    from newsbot import clock  # noqa: PLC0415 - only here

    for number, stream in enumerate(streams):
        os.dup2(stream.fileno(), number)
    sys.stdin = os.fdopen(0, "r", closefd=False)
    os.chdir(asked["cwd"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    if "kill_at" in asked:
        kill_at(*asked["kill_at"])
    if limit := asked.get("file_size"):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    clock._ZERO = time.monotonic()  # as in a process that begins now
    code = 1
    try:
        from scrapy.cmdline import execute  # noqa: PLC0415 - so that the parent's import of it is all there is

        execute(["scrapy", *asked["words"]])
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


#: Audit events of what changes files; of `open` those that write.
CHANGES = {"open", "os.rename", "os.remove", "os.mkdir", "os.truncate"}


def kill_at(number: int, folder: str) -> None:
    """Kill this process with SIGKILL just before its change of that number to a file below `folder`."""
    left = number

    def watch(event: str, args: tuple[Any, ...]) -> None:
        nonlocal left
        if event in CHANGES and folder in str(args) and (event != "open" or args[2] & os.O_ACCMODE):
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)


if __name__ == "__main__":
    serve()
