"""Runs wirecrawl.py in processes of their own and reads what they wrote."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from warcio.archiveiterator import ArchiveIterator

from tests.wirecases import Case

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.wireserver import WireServer

ROOT = Path(__file__).parents[1]

Kept = dict[str, Any]  #: the fields of an Exchange, its bytes as base64
Outcome = dict[str, Any]


class Crawl:
    """One crawl in a process of its own; what it kept and how its requests ended, by the path of the URL."""

    def __init__(
        self, folder: Path, server: WireServer, plan: dict[str, Any], proxy: str = "", **settings: Any
    ) -> None:
        self._archive = folder / "archive"
        self._out = folder / "out.jsonl"
        plan_file = folder / "plan.json"
        defaults = {
            "CONNECT_TO": server.connect_to,
            "TLS_CA_FILE": str(server.ca_file),
            "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
            "RETRY_PRIORITY_ADJUST": 0,
            "COOKIES_ENABLED": False,  # else Scrapy fetches a list of public suffixes from the internet
            "LOG_LEVEL": "WARNING",
        }
        whole = {"alone": [], "together": [], "out": str(self._out), "settings": defaults | settings} | plan
        plan_file.write_text(json.dumps(whole), encoding="utf-8")
        self._process = subprocess.Popen(
            [sys.executable, ROOT / "tests" / "wirecrawl.py", plan_file],
            cwd=folder,
            env={"PYTHONPATH": str(ROOT), "http_proxy": proxy, "https_proxy": proxy},
            stderr=subprocess.PIPE,
            text=True,
        )
        self.log = ""
        self.kept: dict[str, list[Kept]] = defaultdict(list)
        self.outcomes: dict[str, Outcome] = {}

    def wait(self) -> Crawl:
        """Wait for its end, a minute at most, and read what it wrote."""
        try:
            _, self.log = self._process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            _, self.log = self._process.communicate()
        assert self._process.returncode == 0, self.log
        assert "Traceback" not in self.log, self.log
        for line in self._out.read_text(encoding="utf-8").splitlines():
            ((kind, value),) = json.loads(line).items()
            if kind == "kept":
                self.kept[urlsplit(value["url"]).path].append(value)
            else:
                self.outcomes[urlsplit(value["url"]).path] = value
        return self

    def warcs(self) -> list[Path]:
        """The WARC files it wrote, all closed."""
        assert not list(self._archive.rglob("*.open"))
        return sorted(self._archive.rglob("*.warc.gz"))

    def stop(self) -> None:
        """End it, if it still runs."""
        self._process.kill()
        self._process.communicate()


def wait_for_all(running: dict[str, Crawl]) -> dict[str, Crawl]:
    """Wait for crawls that run side by side; none outlives this."""
    try:
        return {name: crawl.wait() for name, crawl in running.items()}
    finally:
        for crawl in running.values():
            crawl.stop()


def request(url: str, case: Case | None = None, **meta: Any) -> dict[str, Any]:
    """One request of a plan."""
    case = case or Case()
    return {
        "url": url,
        "method": case.method,
        "body": base64.b64encode(case.body).decode(),
        "meta": {"max_retry_times": 0} | dict(case.meta) | meta,
    }


@dataclass(frozen=True, slots=True)
class Stored:
    """One record as warcio reads it."""

    type: str
    id: str
    path: str  #: of its target
    fields: list[tuple[str, str]]  #: its WARC header, in order
    block: bytes

    def values(self, name: str) -> list[str]:
        """Every value of a field."""
        return [value for field, value in self.fields if field == name]


def stored(files: Iterable[Path]) -> Iterator[Stored]:
    """The records of WARC files, in order."""
    for file in files:
        with file.open("rb") as stream:
            for record in ArchiveIterator(stream, no_record_parse=True):
                fields = record.rec_headers.headers
                target = record.rec_headers.get_header("WARC-Target-URI") or ""
                block = record.raw_stream.read()
                record_id = record.rec_headers.get_header("WARC-Record-ID")
                yield Stored(record.rec_type, record_id, urlsplit(target.strip("<>")).path, fields, block)


def raw(kept: Kept, field: str) -> bytes | None:
    """A bytes field of a kept exchange."""
    return None if kept[field] is None else base64.b64decode(kept[field])
