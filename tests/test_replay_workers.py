"""Pages that are read in other processes: what comes of it is the same, and a process that dies is told."""

from __future__ import annotations

import multiprocessing
from typing import TYPE_CHECKING

import pytest

from newsbot.errors import WorkerLost
from newsbot.views.judging import Workers, judged
from newsbot.views.reading import Reading

if TYPE_CHECKING:
    from pathlib import Path

    from newsbot.views.found import Found


def found_in(project: Path, workers: Workers | None = None) -> list[Found]:
    reading, found = Reading(), []
    for path in sorted((project / "archive/sample").rglob("*.warc.gz")):
        found += [*reading.file(path, path.name)]
    found += [*reading.leftovers()]
    return list(workers.judged(found) if workers else judged(found))


def test_workers_find_what_one_process_finds(project: Path) -> None:
    with Workers(2) as workers:
        apart = found_in(project, workers)
    alone = found_in(project)
    assert len(alone) > 50
    assert sorted(map(repr, apart)) == sorted(map(repr, alone))


def test_a_worker_that_is_killed_is_told_in_one_line(project: Path) -> None:
    with Workers(1) as workers:
        [before, *_] = workers.judged(Reading().file(next((project / "archive/sample").rglob("*.warc.gz")), "x"))
        assert before
        [process] = multiprocessing.active_children()
        process.kill()
        with pytest.raises(WorkerLost, match="run it with fewer"):
            found_in(project, workers)
