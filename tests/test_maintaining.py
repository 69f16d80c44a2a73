"""docs/maintaining.md, command by command: a copy of the project, an invented Sina whose layout has changed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.crawling import IMPOLITE, NOW, PROJECT
from tests.fakesina import pages
from tests.fakesina.server import Server
from tests.fakesina.site import Site

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

PAGE = (PROJECT / "docs" / "maintaining.md").read_text("utf-8")
#: A block of commands with the exit code it ends with, and the block of its output behind it, if there is one.
_STEP = re.compile(r"^```sh(?: exit=(\d))?\n(.*?)^```\n(?:\n^```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Maintainer:
    """A checkout, and an archive whose site has changed since the last run."""

    checkout: Path
    site: Site

    def run(self, commands: str) -> tuple[int, str]:
        """Exit code of the block, which ends with the first command that fails, and all that it printed."""
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("PYTEST")},
            **{f"GIT_{who}_{what}": "maintainer" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
            "SCRAPY_SETTINGS_MODULE": "mysettings",
            "NEWSBOT_CLOCK": self.site.now().isoformat(),
        }
        ended = subprocess.run(
            ["bash", "-euc", commands],
            cwd=self.checkout,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        return ended.returncode, ended.stdout


@pytest.fixture
def maintainer(tmp_path: Path, certified: Path) -> Iterator[Maintainer]:
    checkout = tmp_path / "newsbot"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT / name, checkout / name)
    (checkout / ".venv").symlink_to(Path(sys.prefix))
    site = Site(NOW, 0, troubles=False)
    for _ in range(3):
        site.add(site.invent())
    with Server(site, certified) as server:
        chosen = {**IMPOLITE, **server.settings(), "ARCHIVE_DIR": str(tmp_path / "archive")}
        lines = ["from newsbot.settings import *", *(f"{name} = {value!r}" for name, value in chosen.items())]
        (checkout / "mysettings.py").write_text("\n".join(lines) + "\n", "utf-8")
        ours = Maintainer(checkout, site)
        assert ours.run("git init -q; git add .; git commit -qm before") == (0, "")
        assert ours.run(".venv/bin/scrapy crawl sina_finance -a channels=finance")[0] == 0
        for _ in range(6):
            story = site.invent()
            site.add(replace(story, page=pages.write(story).replace(b'id="artibody"', b'id="article-2027"')))
        yield ours


def numberless(text: str) -> str:
    """Numbers differ from run to run."""
    return re.sub(r"\d+", "#", text)


def test_the_page_leads_from_the_change_to_the_release(maintainer: Maintainer) -> None:
    steps = _STEP.findall(PAGE)
    assert len(steps) == PAGE.count("```sh") > 8
    assert sum(bool(shown) for *_, shown in steps) == PAGE.count("```text")
    for code, commands, shown in steps:
        ended, output = maintainer.run(commands)
        assert ended == int(code or 0), f"{commands}\n{output}"
        for line in shown.splitlines():
            assert numberless(line) in numberless(output), f"{commands}\n{output}"
    posts = list((maintainer.checkout.parent / "archive" / "posts").rglob("*.md"))
    assert len(posts) == 9
    assert maintainer.run("git status --porcelain -- newsbot tests CHANGELOG.md; git describe") == (0, "v0.1.1\n")
