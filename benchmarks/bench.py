"""`make bench`: newsbot beside bare Scrapy, over the same pages of the fake site, in one run.

(a)  a bare spider with Scrapy's default settings (same concurrency, no delay) that fetches the pages and does nothing
(a') the same with newsbot's settings
(b)  newsbot whole: list, capture, durable WARC, post, ledger
Every figure is of a whole process, start-up included; the rounds alternate, medians are compared, ratios count.
Politeness is off, the site answers on loopback only. Of `scrapy replay` benchmarks/replay.py tells.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HERE = Path(__file__).parent
PROJECT = HERE.parent
CONCURRENCY = 16

#: What the issue asks of (b): at least this share of (a)'s and (a')'s pages a second, at most this share of (a)'s CPU.
TARGETS = {"rate_of_a": 1.0, "rate_of_a'": 0.6, "cpu_of_a": 1.15, "peak_mb": 130.0, "growth_mb": 15.0}

FAST = {
    "CONCURRENT_REQUESTS": CONCURRENCY,
    "CONCURRENT_REQUESTS_PER_DOMAIN": CONCURRENCY,
    "DOWNLOAD_DELAY": 0,
    "REQUISITES": "none",  # the bare spider asks for no images either
    "AUTOTHROTTLE_ENABLED": 0,
}


@dataclass(frozen=True, slots=True)
class Measured:
    """One process, from start to end."""

    wall: float  #: seconds
    cpu: float  #: seconds, user and system
    peak_mb: float
    pages: int

    @property
    def rate(self) -> float:
        """Pages a second."""
        return self.pages / self.wall

    @property
    def cpu_ms(self) -> float:
        """CPU milliseconds a page."""
        return self.cpu * 1000 / self.pages


#: A machine on which Python may not keep what it compiled would compile newsbot anew for every command.
_AS_EVERYWHERE = {"PYTHONDONTWRITEBYTECODE": ""}


def measure(command: Sequence[str], pages: int, env: dict[str, str] | None = None) -> Measured:
    """Run a command to its end; its figures from the system's own accounting. A failure ends the bench."""
    begin = time.perf_counter()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=output, cwd=PROJECT, env={**os.environ, **_AS_EVERYWHERE, **(env or {})}
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - begin
        if process.returncode:
            output.seek(0)
            raise SystemExit(f"{' '.join(command)} ended with {process.returncode}:\n{output.read().decode()[-4000:]}")
    peak = usage.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    return Measured(wall, usage.ru_utime + usage.ru_stime, peak, pages)


@contextmanager
def site(directory: Path, articles: int) -> Iterator[dict[str, Any]]:
    """The fake site in a process of its own; what its site.json says."""
    ready = directory / "ready"
    command = [sys.executable, "-m", "tests.fakesina", "--directory", str(directory), "--ready", str(ready)]
    command += ["--articles", str(articles), "--size-kb", "90", "--no-troubles", "--warm"]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.DEVNULL) as process:
        try:
            while not ready.exists():
                if process.poll() is not None:
                    raise SystemExit(f"the fake site ended with {process.returncode}")
                time.sleep(0.05)
            yield json.loads((directory / "site.json").read_text("utf-8"))
        finally:
            process.send_signal(signal.SIGTERM)


def options(settings: dict[str, Any]) -> list[str]:
    """`-s NAME=VALUE` for each."""
    return [word for name, value in settings.items() for word in ("-s", f"{name}={value}")]


class Bench:
    """The contenders over one site."""

    def __init__(self, work: Path, facts: dict[str, Any]) -> None:
        self.work = work
        self.door = {"CONNECT_TO": json.dumps(facts["connect_to"]), "TLS_CA_FILE": facts["ca_file"]}
        self.urls = [one["url"] for one in facts["listed"]]
        self.url_file = work / "urls.txt"
        self.url_file.write_text("\n".join(self.urls), "utf-8")

    def bare(self, *, tuned: bool) -> Measured:
        """(a), or (a') when tuned."""
        command = [sys.executable, "-m", "benchmarks.bare", str(self.url_file), self.door["CONNECT_TO"]]
        return measure([*command, str(CONCURRENCY), *(["--tuned"] if tuned else [])], len(self.urls))

    def newsbot(self, archive: Path) -> Measured:
        """(b), into an archive of its own."""
        settings = {**FAST, **self.door, "ARCHIVE_DIR": str(archive), "ARCHIVE_PART_OF": "newsbot-bench"}
        command = [
            sys.executable,
            "-m",
            "scrapy",
            "crawl",
            "sina_finance",
            "-a",
            "channels=finance",
            *options(settings),
        ]
        measured = measure(command, len(self.urls))
        posts = sum(1 for _ in (archive / "posts").rglob("*.md"))
        if posts != len(self.urls):
            raise SystemExit(f"newsbot published {posts} posts of {len(self.urls)}")
        return measured


def median(rounds: Sequence[Measured]) -> Measured:
    """Figure by figure."""
    wall, cpu, peak_mb = (
        statistics.median(getattr(one, name) for one in rounds) for name in ("wall", "cpu", "peak_mb")
    )
    return Measured(wall, cpu, peak_mb, rounds[0].pages)


def machine() -> dict[str, str]:
    """What the figures were measured on."""
    names = ("Scrapy", "Twisted", "turbohtml", "SQLAlchemy", "warcio")
    return {
        "system": platform.platform(),
        "python": platform.python_version(),
        "cores": str(os.cpu_count()),
        **{name: version(name) for name in names},
    }


def compare(work: Path, pages: int, rounds: int) -> dict[str, Any]:
    """All contenders, in turn, `rounds` times."""
    with site(work / "site", pages) as facts:
        bench = Bench(work, facts)
        runs: dict[str, list[Measured]] = {"a": [], "a'": [], "b": []}
        for number in range(rounds):
            archive = work / f"archive-{number}"
            runs["a"].append(bench.bare(tuned=False))
            runs["a'"].append(bench.bare(tuned=True))
            runs["b"].append(bench.newsbot(archive))
            shutil.rmtree(archive)
            print(
                f"round {number + 1} of {rounds}: "
                + ", ".join(f"{name} {run[-1].rate:.0f}/s" for name, run in runs.items()),
                flush=True,
            )
    return {
        name: asdict(median(run)) | {"rate": round(median(run).rate, 1), "cpu_ms": round(median(run).cpu_ms, 3)}
        for name, run in runs.items()
    }


def peak(work: Path, pages: int) -> float:
    """Peak memory of (b) over so many pages, MB."""
    with site(work / f"site-{pages}", pages) as facts:
        return Bench(work, facts).newsbot(work / f"archive-{pages}").peak_mb


def ratios(figures: dict[str, Any], peaks: dict[int, float]) -> dict[str, float]:
    """What is compared with TARGETS."""
    a, tuned, b = figures["a"], figures["a'"], figures["b"]
    found = {
        "rate_of_a": b["rate"] / a["rate"],
        "rate_of_a'": b["rate"] / tuned["rate"],
        "cpu_of_a": b["cpu_ms"] / a["cpu_ms"],
        "peak_mb": max([b["peak_mb"], *peaks.values()]),
    }
    if len(peaks) > 1:
        found["growth_mb"] = peaks[max(peaks)] - peaks[min(peaks)]
    return {name: round(value, 2) for name, value in found.items()}


def verdicts(found: dict[str, float]) -> Iterator[str]:
    """One line a target."""
    for name, value in found.items():
        target, sign = TARGETS[name], "≥" if name.startswith("rate") else "≤"
        reached = value >= target if sign == "≥" else value <= target
        yield f"{name:12} {value:8.2f}   target {sign} {target:6.2f}   {'reached' if reached else 'MISSED'}"


def main() -> None:
    """Run, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=2000, help="articles of 60-120 KB (default: 2000)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds, medians are taken (default: 3)")
    parser.add_argument("--no-memory", action="store_true", help="leave out the comparison of 500 and 5,000 pages")
    parser.add_argument("--out", type=Path, default=HERE / "results.json", help="where the figures go")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="newsbot-bench-") as folder:
        work = Path(folder)
        (work / "site").mkdir()
        figures = compare(work, wanted.pages, wanted.rounds)
        peaks = {} if wanted.no_memory else {pages: peak(work, pages) for pages in (500, 5000)}
    found = ratios(figures, peaks)
    for name, row in figures.items():
        print(
            f"{name:7} {row['rate']:8.1f} pages/s   {row['cpu_ms']:6.2f} CPU ms a page   {row['peak_mb']:6.1f} MB peak"
        )
    print("\n".join(verdicts(found)))
    record = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine(),
        "pages": wanted.pages,
        "rounds": wanted.rounds,
        "figures": figures,
        "peaks_mb": {str(pages): round(mb, 1) for pages, mb in peaks.items()},
        "ratios": found,
    }
    wanted.out.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
