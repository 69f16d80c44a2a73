"""`make bench`, second half: newsbot's reading of pages beside other parsers, and how much of the truth each gives.

Invented pages of today's layout, about 95 KB each, whole from head to right column. Each contender
(benchmarks/parsers.py) is a process of its own that reads all of them, from bytes to what it gives; the rounds
alternate, medians are compared, ratios count. CPU time, imports left out. The others come from benchmarks/parsers.txt
into .bench/.

parsel and BeautifulSoup have the selectors of just this layout, written for this bench; trafilatura and newspaper4k
know no site; newsbot tries its layouts in turn and writes the post. Title, date and source are right or not (a day
alone is half a date); of paragraphs and images counts the share that is there, and `surplus` is the share of the text
given that is not the article's: Sina's adverts and notes belong to a post's format, so newsbot keeps them.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.bench import machine
from benchmarks.parsers import CONTENDERS
from tests.fakesina import articles, bodies, pages
from tests.fakesina.prose import Prose
from tests.fakesina.stories import beijing_text
from tests.venvs import made

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.fakesina.stories import Story

HERE = Path(__file__).parent
KILOBYTES = 95
NOW = datetime(2026, 9, 29, 12, 30, tzinfo=UTC)
#: What the articles hold: mostly paragraphs, and what makes it harder.
VARIANTS = ("plain", "plain", "captions", "table", "disclaimer", "kaihu")

#: For all alike; memory is kept as `scrapy replay` keeps it (newsbot/heap.py), in the words of glibc's environment.
_ENVIRONMENT = {
    "PYTHONHASHSEED": "0",
    "PYTHONPATH": str(HERE.parent),
    "MALLOC_TRIM_THRESHOLD_": str(64 * 1024 * 1024),
    "MALLOC_MMAP_THRESHOLD_": str(32 * 1024 * 1024),
}


def invented(number: int) -> Story:
    """Article `number` of the bench."""
    part = articles.EVERY.get(VARIANTS[number % len(VARIANTS)], articles.CAST[0])
    return articles.invent(number, 95, NOW - timedelta(minutes=number), part)


def truth(story: Story) -> dict[str, Any]:
    """What a reader of the page would write down; from the invention, not from the page."""
    text = bodies.VARIANTS.get(story.variant, bodies.plain)(Prose(story.seed), story)
    paragraphs = (re.sub(r"<[^>]*>", "", inner) for inner in re.findall(r"<p>(.*?)</p>", text))
    return {
        "title": story.title,
        "date": beijing_text(story.created)[:16],
        "source": story.source,
        "paragraphs": ["".join(paragraph.split()) for paragraph in paragraphs],
        "images": re.findall(r'<img src="(?:https?:)?(//[^"]*)"', text),
    }


def shares(found: dict[str, Any], true: dict[str, Any]) -> dict[str, float]:
    """Of each field the share that is right, 0 to 1; `surplus` of the text given is not the article's."""
    text = "\n".join(found["paragraphs"])
    right = [paragraph for paragraph in true["paragraphs"] if paragraph in text]
    images = {re.sub(r"^https?:", "", url) for url in found["images"]}
    return {
        "title": float(found["title"].strip() == true["title"]),
        "date": 1.0 if found["date"] == true["date"] else 0.5 * (found["date"][:10] == true["date"][:10]),
        "source": float(found["source"].strip() == true["source"]),
        "paragraphs": len(right) / len(true["paragraphs"]),
        "images": sum(url in images for url in true["images"]) / len(true["images"]) if true["images"] else 1.0,
        "surplus": 1 - sum(map(len, right)) / max(1, len(text.replace("\n", ""))),
    }


def measure(name: str, folder: Path, python: Path) -> dict[str, Any]:
    """One process of one contender. A failure ends the bench."""
    done = subprocess.run(
        [sys.executable if name == "newsbot" else python, HERE / "parsers.py", name, folder],
        env=os.environ | _ENVIRONMENT | {"TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        check=True,
    )
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def compare(folder: Path, count: int, rounds: int) -> dict[str, dict[str, float]]:
    """All contenders in turn, `rounds` times; figures by contender."""
    python = made(HERE.parent / ".bench", HERE / "parsers.txt")
    stories = [invented(number) for number in range(count)]
    for number, story in enumerate(stories):
        (folder / f"{number}.html").write_bytes(pages.write(story, KILOBYTES))
    (folder / "urls.json").write_text(json.dumps([story.url for story in stories]), "utf-8")
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in CONTENDERS}
    for number in range(rounds):
        for name, run in runs.items():
            run.append(measure(name, folder, python))
        spent = ", ".join(f"{name} {run[-1]['cpu'] * 1000 / count:.2f}" for name, run in runs.items())
        print(f"round {number + 1} of {rounds}, CPU ms a page: {spent}", flush=True)
    return figures(runs, [truth(story) for story in stories])


def figures(runs: dict[str, list[dict[str, Any]]], true: Sequence[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Medians, and means of the shares, by contender."""
    found = {}
    for name, run in runs.items():
        cpu_ms = statistics.median(one["cpu"] for one in run) * 1000 / len(true)
        got = [shares(given, fact) for given, fact in zip(run[-1]["found"], true, strict=True)]
        found[name] = {
            "cpu_ms": round(cpu_ms, 3),
            "pages_a_second_and_core": round(1000 / cpu_ms, 1),
            **{field: round(statistics.mean(one[field] for one in got), 3) for field in got[0]},
        }
    for row in found.values():
        row["times_newsbots_cpu"] = round(row["cpu_ms"] / found["newsbot"]["cpu_ms"], 1)
    return found


def table(found: dict[str, dict[str, float]]) -> str:
    """The figures for people."""
    fields = ("title", "date", "source", "paragraphs", "images", "surplus")
    lines = [f"{'':26} CPU ms a page   pages/s a core   x newsbot   " + "   ".join(fields)]
    for name, row in found.items():
        right = "   ".join(f"{row[field]:{len(field)}.0%}" for field in fields)
        speed = f"{row['cpu_ms']:13.2f}   {row['pages_a_second_and_core']:14.1f}   {row['times_newsbots_cpu']:9.1f}"
        lines.append(f"{name:26} {speed}   {right}")
    return "\n".join(lines)


def versions() -> dict[str, str]:
    """What was measured, by benchmarks/parsers.txt."""
    names = ("parsel", "beautifulsoup4", "lxml", "trafilatura", "newspaper4k")
    locked = dict(re.findall(r"^([\w.-]+)==([\w.]+)", (HERE / "parsers.txt").read_text("utf-8"), re.MULTILINE))
    return {name: locked[name] for name in names}


def main() -> None:
    """Run, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=120, help="pages of about 95 KB (default: 120)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds, medians are taken (default: 3)")
    parser.add_argument("--out", type=Path, default=HERE / "parsing.json", help="where the figures go")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="newsbot-parsing-") as folder:
        found = compare(Path(folder), wanted.pages, wanted.rounds)
    print(table(found))
    record = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine() | versions(),
        "pages": wanted.pages,
        "rounds": wanted.rounds,
        "figures": found,
    }
    wanted.out.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
