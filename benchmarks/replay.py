"""`make bench`: `scrapy replay` of an archive whose views are gone, with one process and with two.

Whole processes, start-up included: posts, ledger and CDXJ come out. Everything once with what requirements.txt says
and once with the extra `fast`. Rounds alternate, medians count; a gain is of one round. Two processes can halve the
time only on two cores that nobody else uses. What reading the WARC files takes of it stands beside what FastWARC and
warcio take for the same records.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from fastwarc.warc import ArchiveIterator
from warcio.archiveiterator import WARCIterator

from benchmarks.bench import HERE, PROJECT, Bench, Measured, machine, measure, median, site
from newsbot.warc.resume import readable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

#: Pages a second and core, how much less time two processes take, and MB more for ten times the pages.
RATE, GAIN, GROWTH = 600.0, 1.8, 40.0


#: How it is run: with which of requirements*.txt, and in how many processes.
RUNS = [(extra, jobs) for extra in ("", "fast") for jobs in (1, 2)]


def replay(archive: Path, pages: int, jobs: int, packages: Path | None = None) -> Measured:
    """One rebuild of all views, with the `packages` of an extra.

    The old ones are moved away, not removed: for seconds ext4 passes over the inodes of files just removed one by one
    whenever a file is made, half a millisecond for each post.
    """
    away = Path(tempfile.mkdtemp(dir=archive.parent))
    (archive / "posts").rename(away / "posts")
    for view in [*archive.glob("ledger.sqlite*"), *archive.rglob("*.cdxj")]:
        view.rename(away / view.name)
    command = [sys.executable, "-m", "scrapy", "replay", "--jobs", str(jobs), "-s", f"ARCHIVE_DIR={archive}"]
    measured = measure(command, pages, {"PYTHONPATH": str(packages)} if packages else {})
    posts = sum(1 for _ in (archive / "posts").rglob("*.md"))
    if posts != pages:
        raise SystemExit(f"replay published {posts} posts of {pages}")
    return measured


def extra(folder: Path) -> Path:
    """The packages of the extra `fast`, in a folder of their own."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-qq", "install", "--require-hashes"]
    subprocess.run([*pip, "--target", folder, "-r", PROJECT / "requirements-fast.txt"], check=True)
    return folder


def archived(work: Path, pages: int) -> Path:
    """An archive of so many pages of the fake site."""
    (work / f"site-{pages}").mkdir()
    with site(work / f"site-{pages}", pages) as facts:
        Bench(work, facts).newsbot(work / f"archive-{pages}")
    return work / f"archive-{pages}"


def _ours(path: Path) -> int:
    return sum(1 for _ in readable(path))


def _fastwarc(path: Path) -> int:
    with path.open("rb") as stream:
        return sum(record.reader.read() is not None for record in ArchiveIterator(stream, parse_http=False))


def _warcio(path: Path) -> int:
    with path.open("rb") as stream:
        return sum(record.raw_stream.read() is not None for record in WARCIterator(stream))


READERS: dict[str, Callable[[Path], int]] = {"newsbot": _ours, "FastWARC": _fastwarc, "warcio": _warcio}


def readers(paths: Sequence[Path], pages: int, rounds: int) -> dict[str, float]:
    """CPU ms a page for reading every record, by reader; all must find as many."""
    taken: dict[str, list[float]] = {name: [] for name in READERS}
    for _ in range(rounds):
        counts = set()
        for name, read in READERS.items():
            begin = time.process_time()
            counts.add(sum(map(read, paths)))
            taken[name].append((time.process_time() - begin) * 1000 / pages)
        if len(counts) != 1:
            raise SystemExit(f"the readers find different numbers of records: {counts}")
    return {name: round(statistics.median(times), 3) for name, times in taken.items()}


def main() -> None:
    """Run, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=15000, help="articles of 60-120 KB (default: 15000, nine days)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds, medians are taken (default: 3)")
    parser.add_argument("--out", type=Path, default=HERE / "replay.json", help="where the figures go")
    wanted = parser.parse_args()
    pages, small = wanted.pages, wanted.pages // 10
    with tempfile.TemporaryDirectory(prefix="newsbot-bench-") as folder:
        archive, packages = archived(Path(folder), pages), extra(Path(folder, "fast"))
        runs: dict[tuple[str, int], list[Measured]] = {kind: [] for kind in RUNS}
        for number in range(wanted.rounds):
            for (name, jobs), run in runs.items():
                run.append(replay(archive, pages, jobs, packages if name else None))
            spent = ", ".join(f"{run[-1].wall:.1f} s" for run in runs.values())
            print(f"round {number + 1} of {wanted.rounds}: {spent}", flush=True)
        read = readers(sorted(archive.rglob("*.warc.gz")), pages, wanted.rounds)
        growth = runs["", 1][-1].peak_mb - replay(archived(Path(folder), small), small, 1).peak_mb
    middle = {kind: median(run) for kind, run in runs.items()}
    found = {}
    for name, words in (("", ""), ("fast", ", with the extra `fast`")):
        found["pages a second and core" + words] = (1000 / middle[name, 1].cpu_ms, RATE)
        gains = [one.wall / two.wall for one, two in zip(runs[name, 1], runs[name, 2], strict=True)]
        found["gain of --jobs 2" + words] = (statistics.median(gains), GAIN)
    found["MB more for ten times the pages"] = (growth, GROWTH)
    for name, (value, target) in found.items():
        reached = value <= target if name.startswith("MB") else value >= target
        print(f"{name:46} {value:8.2f}   target {target:6.2f}   {'reached' if reached else 'MISSED'}")
    print("reading the records, CPU ms a page: " + ", ".join(f"{name} {value}" for name, value in read.items()))
    record = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine(),
        "pages": pages,
        "rounds": wanted.rounds,
        "runs": [
            {"extra": name, "jobs": jobs, "cpu_ms": round(one.cpu_ms, 3), "wall": round(one.wall, 2)}
            for (name, jobs), one in middle.items()
        ],
        "peak_mb": round(middle["", 1].peak_mb, 1),
        "found": {name: round(value, 2) for name, (value, _) in found.items()},
        "readers": read,
    }
    wanted.out.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
