"""What all makers of foreign archives share."""

from __future__ import annotations

import json
import os
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.fakesina.client import Client

if TYPE_CHECKING:
    from tests.fakesina.server import Server

FIXTURES = Path(__file__).parent.parent / "fixtures" / "foreign"
NOW = datetime(2026, 9, 29, 12, 30, tzinfo=UTC)
COMMENT = "invented pages, not from Sina"


class Making:
    """The site, what of it is captured, and where the fixtures go."""

    def __init__(self, server: Server, out: Path, work: Path) -> None:
        self.server, self.out, self.work = server, out, work
        stories = server.site.in_lists()
        chunked = next(one for one in stories if one.seed % 3 == 0)
        plain = next(one for one in stories if one.seed % 3)
        self.pages = [chunked.url, plain.url]
        self.missing = plain.url.replace(plain.docid, "aaaaaaa0000000")

    def keep(self, name: str, *files: Path) -> None:
        """Put files into a fixture's folder."""
        folder = self.out / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for number, file in enumerate(files):
            endings = ".warc.gz" if file.name.endswith(".gz") else file.suffix
            shutil.copy(file, folder / f"{'abc'[number]}{endings}")

    def environment(self) -> dict[str, str]:
        """For tools that are launched with _LAUNCH."""
        return {**os.environ, "WAYS": json.dumps(self.server.connect_to()), "PYTHONWARNINGS": "ignore"}


def fetched(making: Making, url: str) -> bytes:
    """The site's answer, as it was on the wire."""
    making.server.log.clear()
    Client(making.server).get(url)
    settle(lambda: making.server.log)
    return making.server.log[-1].response


def settle(true: Any) -> None:
    """Wait until it is true, twenty seconds at most."""
    end = time.monotonic() + 20
    while not true():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.1)
