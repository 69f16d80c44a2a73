"""The end of a run, whatever became of it: the verdict is told, and nothing stays taken."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from newsbot.archive import Archive
from newsbot.crawl.ending import finish
from newsbot.crawl.options import Options
from newsbot.crawl.run import Run
from newsbot.errors import BadInput
from tests.crawling import NOW
from tests.warcs import plain

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path, tmp_path / "posts", "")


async def begin(run: Run, *urls: str) -> None:
    """Begin, and keep an exchange of each of these."""
    await run.begin(lambda error: pytest.fail(str(error)))
    for url in urls:
        await run.keep(plain(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", url))


def opened(archive: Archive, **options: Any) -> Run:
    """A run that has its job."""
    run = Run(archive, lambda: NOW, Options(durability="none", **options))
    run.open()
    return run


def verdicts(archive: Archive) -> list[dict[str, Any]]:
    """Every verdict that was written."""
    return [json.loads(path.read_text("utf-8")) for path in sorted(archive.runs.glob("*.json"))]


def test_a_warc_file_that_was_moved_away_meanwhile_costs_no_verdict(archive: Archive) -> None:
    run = opened(archive, max_bytes=1)
    asyncio.run(begin(run, "https://finance.sina.com.cn/a", "https://finance.sina.com.cn/b"))
    archive.warc_files()[0].unlink()
    assert finish(run).exit_code == 0
    assert [verdict["errors"] for verdict in verdicts(archive)] == [[]]
    finish(opened(archive))


def test_what_is_not_there_any_more_is_asked_whole(archive: Archive) -> None:
    url = "https://n0.sinaimg.cn/a.css"
    run = opened(archive)
    asyncio.run(begin(run))
    head = b'HTTP/1.1 200 OK\r\nETag: "a"\r\nContent-Length: 1\r\n\r\nx'
    asyncio.run(run.keep(plain(head, url)))
    assert run.keeping.validators(url, page=False) == {"If-None-Match": '"a"'}
    finish(run)
    later = opened(archive)
    archive.warc_files()[0].unlink()
    assert later.keeping.validators(url, page=False) == {}
    finish(later)


@pytest.mark.parametrize(("hours", "full"), [(20, True), (30, False)])
def test_a_run_looks_back_as_far_as_the_last_full_reading_may_lie(archive: Archive, hours: int, full: bool) -> None:
    run = opened(archive, overlap_every=timedelta(hours=hours))
    for number in range(73):  # the last was an hour ago, the first, which was full, 25 hours
        high = NOW - timedelta(hours=25) + number * timedelta(minutes=20)
        facts = {"list": "finance", "complete": True, "full": not number}
        facts |= {"low": (high - timedelta(hours=2)).isoformat(), "high": high.isoformat()}
        run.ledger.note_window(f"{high:%Y-%m-%dT%H:%M:%SZ} {number}", facts)
    assert [window.full for window in run.lists.plan(["finance"], None, None)] == [full]
    finish(run)


def test_a_mistake_in_the_program_is_told_and_the_rest_of_the_end_follows(archive: Archive) -> None:
    run = opened(archive)
    asyncio.run(begin(run))
    run.again = run.wants = None  # type: ignore[assignment]  # invented
    verdict = finish(run)
    assert (verdict.exit_code, verdict.word) == (1, "failed")
    assert "AttributeError" in verdicts(archive)[0]["errors"][0]
    finish(opened(archive))


def test_an_archive_json_that_cannot_be_read_is_told_before_anything_is_asked(archive: Archive) -> None:
    archive.make()
    (archive.root / "archive.json").write_text("{", "utf-8")
    with pytest.raises(BadInput, match=r"archive\.json cannot be read"):
        opened(archive)
    (archive.root / "archive.json").unlink()
    finish(opened(archive))
