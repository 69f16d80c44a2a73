"""`make bench`, second half: every parser reads the pages, and newsbot gives all of the truth."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from benchmarks.parsers import CONTENDERS, beijing
from benchmarks.parsing import invented, shares, truth
from newsbot.sina import page
from newsbot.sina.plain import plain_text
from tests.fakesina import pages

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
def test_the_bench_measures_every_parser_and_newsbot_gives_all_of_the_truth(tmp_path: Path, project: Path) -> None:
    out = tmp_path / "parsing.json"
    words = ["--pages", "3", "--rounds", "1", "--out", str(out)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.parsing", *words], cwd=project, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    record = json.loads(out.read_text("utf-8"))
    assert list(record["figures"]) == list(CONTENDERS)
    for name, row in record["figures"].items():
        assert row["cpu_ms"] > 0
        assert row["paragraphs"] > 0, name
        assert re.search(rf"^{re.escape(name)} +\d", done.stdout, re.MULTILINE)
    ours = record["figures"]["newsbot"]
    assert [ours[field] for field in ("title", "date", "source", "paragraphs", "images")] == [1.0] * 5


def test_the_truth_is_that_of_the_page_and_what_is_missing_of_it_shows() -> None:
    for number in range(6):
        story = invented(number)
        content, true = pages.write(story, 95), truth(story)
        assert 90_000 < len(content) < 100_000
        assert len(true["paragraphs"]) > 4
        article = page.read(content, story.url)
        assert not hasattr(article, "reason")
        given = {
            "title": true["title"] + "_新浪财经",
            "date": true["date"][:10],
            "source": "",
            "paragraphs": ["".join(line.split()) for line in plain_text(article.body).split("\n")][:3],
            "images": [],
        }
        found = shares(given, true)
        assert (found["title"], found["date"], found["source"]) == (0, 0.5, 0)
        assert 0 < found["paragraphs"] < 1


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026-09-29 00:34:06", "2026-09-29 00:34"),
        ("2026-09-28T16:34:06+00:00", "2026-09-29 00:34"),
        ("2026年09月29日 00:34", "2026-09-29 00:34"),
        ("2026-09-29", "2026-09-29"),
        ("", ""),
    ],
)
def test_a_time_is_compared_in_beijing(written: str, expected: str) -> None:
    assert beijing(written) == expected
