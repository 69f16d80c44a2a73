"""What readers of a replayed archive see: servers that stay up for a while, and Chromium to look at their pages."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from tests.crawling import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

#: Seconds for what takes a few.
PATIENCE = 60


@dataclass(frozen=True, slots=True)
class Wish:
    """A page to look at."""

    name: str
    open: str  #: URL
    frame: str = "mp_/"  #: what the URL of the frame with the archived page holds


@dataclass(frozen=True, slots=True)
class Looked:
    """What Chromium saw."""

    pages: dict[str, dict[str, Any]]  #: by the wish's name; see judges/browse.mjs
    left: list[str]  #: URLs that were asked outside 127.0.0.1


def browse(judges: Path, wishes: Sequence[Wish], shots: Path) -> Looked:
    """Look at each page with Chromium; a picture of each goes into the folder `shots`."""
    plan = {
        "chromium": str(judges / "chromium"),
        "modules": str(judges / "node"),
        "pages": [
            {"name": one.name, "open": one.open, "frame": one.frame, "shot": str(shots / f"{number:02}.png")}
            for number, one in enumerate(wishes)
        ],
    }
    driver = PROJECT / "tests" / "judges" / "browse.mjs"
    done = subprocess.run(["node", driver], input=json.dumps(plan), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return Looked(**json.loads(done.stdout))


def told(heading: str, *, page: str = "archive/README.md") -> list[str]:
    """The code blocks, without indentation, that a page has below a heading, up to the next one."""
    text = (PROJECT / page).read_text("utf-8")
    section = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#+ |\Z)", text, re.MULTILINE | re.DOTALL)
    assert section, f"{page} has no heading {heading!r}"
    blocks = re.findall(r"(?:^    .*\n)+", section[1], re.MULTILINE)
    assert blocks, f"{page} has no commands below {heading!r}"
    return [re.sub("^    ", "", block, flags=re.MULTILINE) for block in blocks]


def replaced(commands: str, by: Mapping[str, object]) -> str:
    """The commands with these paths and numbers in the places of those on the page; each must be there."""
    for old, new in by.items():
        assert old in commands, f"{old!r} is not in:\n{commands}"
        commands = commands.replace(old, str(new))
    return commands


@contextmanager
def standing(commands: str, port: int, *, cwd: Path, path: Sequence[Path] = ()) -> Iterator[str]:
    """Run commands whose last one serves `port`, until the end of the block; gives the server's URL."""
    environment = os.environ | {"PATH": os.pathsep.join([*map(str, path), os.environ["PATH"]])}
    log = cwd / f"{port}.log"
    with log.open("wb") as out:
        shell = subprocess.Popen(
            ["bash", "-euc", commands], cwd=cwd, env=environment, stdout=out, stderr=out, start_new_session=True
        )
    url = f"http://127.0.0.1:{port}"
    try:
        end = time.monotonic() + PATIENCE
        while not _answers(url):
            assert shell.poll() is None, log.read_text("utf-8")
            assert time.monotonic() < end, log.read_text("utf-8")
        yield url
    finally:
        os.killpg(shell.pid, signal.SIGTERM)
        shell.wait(PATIENCE)


def free_port() -> int:
    """A port of loopback that nobody listens on at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=PATIENCE):  # noqa: S310 - a URL of ours
            return True
    except HTTPError as error:
        error.close()
        return True
    except (URLError, ConnectionError):
        time.sleep(0.05)  # between two looks at whether it listens
        return False
