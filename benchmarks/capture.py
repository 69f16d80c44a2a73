"""What the archive alone costs: stock Scrapy beside the same with newsbot's capture handler and writer.

    make capture [ARGS=--instructions]

No ledger, no parsing, no posts: the same spider fetches the same pages of the fake site and forgets them, once with the
stock handler, once with the tee (each exchange made and dropped), once with the writer (WARC_DURABILITY none), and once
with all of it durable before the spider gets its page (batch, the default). Counted are CPU seconds of whole processes
less those of one that fetches a single page, in interleaved rounds; each round's ratio to its own stock run, and their
median. On a machine with other work CPU seconds wander by a tenth: `--instructions` counts a process's own instructions
instead (Debian's valgrind, fifty times as slow), which do not.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.bench import CONCURRENCY, HERE, PROJECT, machine, measure, site

#: Contender → what bare.py is called with.
CONTENDERS = {"stock": (), "tee": ("--keep", "tee"), "write": ("--keep", "none"), "durable": ("--keep", "batch")}

#: Per captured page over stock Scrapy: tee, writing and durability.
BUDGET = 1.15

COUNTING = ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]


@dataclass(frozen=True, slots=True)
class Bench:
    """One site, and how a process over it is measured."""

    work: Path
    door: str  #: CONNECT_TO, JSON
    by_instructions: bool

    def cost(self, urls: list[str], words: tuple[str, ...]) -> float:
        """CPU milliseconds, or millions of instructions, of one contender over these pages."""
        archive, file = self.work / "archive", self.work / "urls"
        file.write_text("\n".join(urls), "utf-8")
        command = [sys.executable, "-m", "benchmarks.bare", str(file), self.door, str(CONCURRENCY), *words]
        command += ["--archive", str(archive)]
        cost = instructions(command) / 1e6 if self.by_instructions else measure(command, len(urls)).cpu * 1000
        shutil.rmtree(archive, ignore_errors=True)
        return cost


def instructions(command: list[str]) -> int:
    """Instructions of a process and its threads, the system's own left out."""
    done = subprocess.run([*COUNTING, *command], cwd=PROJECT, capture_output=True, text=True, check=False)
    counted = re.search(r"I\s+refs:\s+([\d,]+)", done.stderr)
    if done.returncode or not counted:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr[-4000:]}")
    return int(counted[1].replace(",", ""))


def compare(work: Path, pages: int, rounds: int, *, by_instructions: bool) -> dict[str, list[float]]:
    """Contender → cost of a page, by round."""
    found: dict[str, list[float]] = {name: [] for name in CONTENDERS}
    with site(work / "site", pages) as facts:
        bench = Bench(work, json.dumps(facts["connect_to"]), by_instructions)
        urls = [one["url"] for one in facts["listed"]]
        start = {name: bench.cost(urls[:1], words) for name, words in CONTENDERS.items()}
        for number in range(rounds):
            for name in CONTENDERS if number % 2 else reversed(CONTENDERS):
                found[name].append((bench.cost(urls, CONTENDERS[name]) - start[name]) / (len(urls) - 1))
            last = {name: round(values[-1], 3) for name, values in found.items()}
            print(f"round {number + 1} of {rounds}:", last, flush=True)
    return found


def main() -> None:
    """Run, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, help="articles of 60-120 KB (default: 1000; 120 with --instructions)")
    parser.add_argument("--rounds", type=int, help="rounds, medians are taken (default: 5; 1 with --instructions)")
    parser.add_argument("--instructions", action="store_true", help="count instructions, not CPU seconds")
    parser.add_argument("--out", type=Path, default=HERE / "capture.json", help="where the figures go")
    wanted = parser.parse_args()
    pages = wanted.pages or (120 if wanted.instructions else 1000)
    rounds = wanted.rounds or (1 if wanted.instructions else 5)
    with tempfile.TemporaryDirectory(prefix="newsbot-bench-") as folder:
        (Path(folder) / "site").mkdir()
        found = compare(Path(folder), pages, rounds, by_instructions=wanted.instructions)
    ratios = {
        name: round(statistics.median(own / stock for own, stock in zip(values, found["stock"], strict=True)), 3)
        for name, values in found.items()
    }
    unit = "million instructions" if wanted.instructions else "CPU ms"
    for name, values in found.items():
        print(f"{name:8} {statistics.median(values):7.3f} {unit} a page   {ratios[name]:5.3f} of stock")
    print(f"budget   {BUDGET}: {'kept' if ratios['durable'] <= BUDGET else 'MISSED'}")
    records = json.loads(wanted.out.read_text("utf-8")) if wanted.out.exists() else {}
    records[unit] = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine(),
        "pages": pages,
        "rounds": rounds,
        "a_page": {name: round(statistics.median(values), 3) for name, values in found.items()},
        "of_stock": ratios,
    }
    wanted.out.write_text(json.dumps(records, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
