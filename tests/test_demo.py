"""`make demo`, as a new user has it: twice, interrupted, and on a folder that is broken."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path


def command(directory: Path, *more: str) -> list[str]:
    """What `make demo` runs, elsewhere."""
    return [sys.executable, "-m", "tests.demo", "--directory", str(directory), *more]


def demo(project: Path, directory: Path) -> subprocess.CompletedProcess[str]:
    """Run the demo to its end."""
    return subprocess.run(command(directory), cwd=project, capture_output=True, text=True, timeout=60, check=False)


def verdicts(directory: Path) -> list[dict[str, Any]]:
    """Every run's verdict, the oldest first."""
    return [json.loads(path.read_text("utf-8")) for path in sorted((directory / "archive/runs").glob("*.json"))]


def test_the_demo_publishes_and_its_second_run_asks_for_no_article_again(project: Path, tmp_path: Path) -> None:
    first, second = demo(project, tmp_path), demo(project, tmp_path)
    assert (first.returncode, first.stderr, second.returncode, second.stderr) == (0, "", 0, "")
    assert first.stdout.startswith("newsbot ok: 66 listed (66 new)")
    begun, again = verdicts(tmp_path)
    assert begun["published"] == len(list((tmp_path / "archive/posts").rglob("*.md"))) > 60
    assert again["listed"]
    assert (again["new"], again["captured"], again["published"], again["revised"]) == (0, 0, 0, 0)


def test_a_demo_that_is_stopped_ends_its_crawl_in_order_and_goes_on_later(project: Path, tmp_path: Path) -> None:
    with subprocess.Popen(
        command(tmp_path, "--articles", "300"), cwd=project, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        latest = time.monotonic() + 30
        while not list((tmp_path / "archive/posts").rglob("*.md")) and time.monotonic() < latest:
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 3, out + err
    assert "stopped" in err
    assert not list((tmp_path / "archive/warc").rglob("*.open"))
    assert demo(project, tmp_path).returncode == 0
    assert len(list((tmp_path / "archive/posts").rglob("*.md"))) > 290


@pytest.mark.parametrize("state", ["", "[]", '{"epoch": "yesterday", "runs": 1, "articles": 6}'])
def test_a_broken_demo_folder_gets_one_line(project: Path, tmp_path: Path, state: str) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site/state.json").write_text(state, "utf-8")
    ended = demo(project, tmp_path)
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert "remove that folder" in ended.stderr
