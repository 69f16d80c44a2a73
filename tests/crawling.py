"""Whole crawls over the fake site: real processes, real sockets, real files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.fakesina.server import Server

PROJECT = Path(__file__).parent.parent

#: The site's and newsbot's time at the start of a test: an invented evening in Beijing.
NOW = datetime(2026, 9, 29, 12, 30, tzinfo=UTC)

#: The politeness that a site on loopback does not need.
IMPOLITE = {
    "CONCURRENT_REQUESTS": 16,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
    "DOWNLOAD_DELAY": 0,
    "AUTOTHROTTLE_ENABLED": 0,
    "CONTACT": "tests@example.org",
    "REVISIT_AFTER": "",
    "FEED": "off",
    "TOP_LIST": 0,
    "REQUISITES": "none",  # a test that is about them says so
}


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    def __str__(self) -> str:
        return f"exit code {self.code}\n--- out\n{self.out}--- err\n{self.err}"


@dataclass(slots=True)
class Bot:
    """newsbot as its user has it: commands over one archive and one site."""

    root: Path  #: ARCHIVE_DIR
    server: Server | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    cwd: Path = PROJECT
    now: datetime | None = None  #: None: the site's own time

    def command(self, *words: str, settings: Mapping[str, Any] | None = None) -> list[str]:
        """The command line of `scrapy …` with this archive's settings."""
        door = self.server.settings() if self.server else {}
        chosen = {**IMPOLITE, **door, "ARCHIVE_DIR": str(self.root), **self.settings, **(settings or {})}
        pairs = [word for name, value in chosen.items() for word in ("-s", f"{name}={value}")]
        return [sys.executable, "-m", "scrapy", *words, *pairs]

    def environment(self) -> dict[str, str]:
        """The process's environment: time is the site's."""
        now = self.now or (self.server.site.now() if self.server else NOW)
        return {**os.environ, "NEWSBOT_CLOCK": now.isoformat(), "PYTHONWARNINGS": "error::ResourceWarning"}

    def run(self, *words: str, settings: Mapping[str, Any] | None = None, stdin: str = "") -> Ended:
        """Run a command to its end."""
        done = subprocess.run(
            self.command(*words, settings=settings),
            cwd=self.cwd,
            env=self.environment(),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def start(self, *words: str, settings: Mapping[str, Any] | None = None) -> subprocess.Popen[str]:
        """Begin a command and give its process."""
        return subprocess.Popen(
            self.command(*words, settings=settings),
            cwd=self.cwd,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def crawl(self, *words: str, settings: Mapping[str, Any] | None = None, stdin: str = "") -> Ended:
        """`scrapy crawl sina_finance`."""
        return self.run("crawl", "sina_finance", *words, settings=settings, stdin=stdin)

    def verdicts(self) -> list[dict[str, Any]]:
        """Every run's verdict, the oldest first."""
        return [json.loads(path.read_text("utf-8")) for path in sorted((self.root / "runs").glob("*.json"))]

    def posts(self) -> dict[str, bytes]:
        """Every post by its path below posts/."""
        return tree(self.root / "posts", "*.md")

    def warcs(self) -> list[Path]:
        """Every closed WARC file."""
        return sorted((self.root / "warc").rglob("*.warc.gz"))

    def cdxj(self) -> dict[str, bytes]:
        """Every index by its path below warc/."""
        return tree(self.root / "warc", "*.cdxj")

    def dump(self) -> str:
        """`scrapy ledger dump`."""
        ended = self.run("ledger", "dump")
        assert ended.code == 0, ended
        return ended.out


def tree(root: Path, pattern: str) -> dict[str, bytes]:
    """Files below `root` and their bytes."""
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob(pattern))}


def looks(bot: Bot) -> dict[str, Sequence[str]]:
    """article key → (state, reason) by the ledger's dump."""
    rows = [line.split("\t", 1) for line in bot.dump().splitlines()]
    articles = [json.loads(row) for table, row in rows if table == "article"]
    return {row["key"]: (row["state"], row["reason"]) for row in articles}
