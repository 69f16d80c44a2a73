"""Pages that are read in other processes: what comes of it is the same, and a process that dies is told."""

from __future__ import annotations

import multiprocessing
import os
import resource
import select
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from newsbot.errors import ArchiveError, WorkerLost
from newsbot.views.found import Seen
from newsbot.views.reading import Reading
from newsbot.views.workers import OneProcess, Workers

if TYPE_CHECKING:
    from pathlib import Path

    from newsbot.views.found import Found
    from newsbot.views.spool import Spool


def found_in(project: Path, workers: OneProcess) -> list[Found]:
    reading, found = Reading(), []
    for path in sorted((project / "archive/sample").rglob("*.warc.gz")):
        found += [*reading.file(path, path.name)]
    found += [*reading.leftovers()]
    return list(workers.judged(found))


def told(found: list[Found], spool: Spool) -> list[str]:
    """What was found, pages read back from the spool."""
    seen = [one for one in found if isinstance(one, Seen)]
    pages = [f"{one.look} {one.page and spool.body_and_image(one.page)}" for one in seen]
    return sorted([*pages, *(str(one) for one in found if not isinstance(one, Seen))])


def test_workers_find_what_one_process_finds(project: Path) -> None:
    with Workers(2) as workers:
        apart = told(found_in(project, workers), workers.spool)
    with OneProcess() as here:
        alone = told(found_in(project, here), here.spool)
    assert len(alone) > 50
    assert apart == alone


def test_a_worker_that_is_killed_is_told_in_one_line(project: Path) -> None:
    with Workers(2) as workers:
        [before, *_] = workers.judged(Reading().file(next((project / "archive/sample").rglob("*.warc.gz")), "x"))
        assert before
        [process] = multiprocessing.active_children()
        process.kill()
        with pytest.raises(WorkerLost, match="run it with fewer"):
            found_in(project, workers)


#: A process that has a worker, and says which.
PARENT = """
import multiprocessing
from newsbot.views.workers import Workers

if __name__ == "__main__":
    with Workers(2) as workers:
        workers.finish()
        print(multiprocessing.active_children()[0].pid, flush=True)
        input()
"""


def test_a_worker_ends_when_its_parent_is_killed(project: Path, tmp_path: Path) -> None:
    program = tmp_path / "parent.py"
    program.write_text(PARENT)
    with subprocess.Popen(
        [sys.executable, program],
        env=os.environ | {"PYTHONPATH": str(project)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout
        worker = os.pidfd_open(int(parent.stdout.readline()))
        parent.kill()
        ended, _, _ = select.select([worker], [], [], 30)
    os.close(worker)
    assert ended


def test_a_page_that_finds_no_room_is_told_in_one_line(project: Path) -> None:
    with OneProcess() as here:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
        try:
            with pytest.raises(ArchiveError, match="make room there or set TMPDIR"):
                found_in(project, here)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
