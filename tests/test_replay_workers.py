"""Pages that are read in other processes: what comes of it is the same, and a process that dies is told."""

from __future__ import annotations

import multiprocessing
from typing import TYPE_CHECKING

import pytest

from newsbot.errors import WorkerLost
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
    return sorted(
        f"{one.look} {one.page and spool.get(one.page)}" if isinstance(one, Seen) else str(one) for one in found
    )


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
