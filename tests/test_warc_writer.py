"""Writing WARC files: names, rotation, one write an exchange, and what happens when the system says no."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from textwrap import dedent

import pytest

from newsbot.errors import ArchiveError, BadInput
from newsbot.warc import index
from newsbot.warc.reader import Record, fetch, records
from newsbot.warc.recovery import recover
from newsbot.warc.writer import Writer
from tests.warcs import NOTE, NOW, PAGE, WIRE, answer, exchange, frozen, plain, writer, written

ROOT = Path(__file__).parent.parent
BIG = plain(answer(os.urandom(300_000), "Content-Type: image/jpeg"))


def _open_files(archive: Path) -> list[Path]:
    return sorted(archive.rglob("*.open"))


def test_an_idle_run_leaves_nothing(tmp_path: Path) -> None:
    idle = writer(tmp_path)
    idle.sync()
    idle.close()
    assert idle.files == []
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_open_and_locked_until_it_is_closed_and_then_has_its_index(tmp_path: Path) -> None:
    writing = writer(tmp_path, prefix="demo")
    place = writing.append(exchange())
    assert re.fullmatch(r"warc/2026/09/demo-20260929003935120-00000-[A-Za-z0-9.-]+\.warc\.gz", place.file)
    assert _open_files(tmp_path) == [tmp_path / f"{place.file}.open"]
    assert recover(tmp_path) == []  # another process would find it held, too: see test_warc_recovery.py
    writing.close()
    assert _open_files(tmp_path) == []
    assert sorted(path.name for path in (tmp_path / place.file).parent.iterdir()) == [
        Path(place.file).name,
        Path(place.file).name + ".cdxj",
    ]


def test_where_it_was_written_is_where_it_is(tmp_path: Path) -> None:
    writing = writer(tmp_path)
    answered, alone = writing.append(exchange()), writing.append(WIRE["no-answer"])
    noted = writing.note(*NOTE)
    writing.close()
    response = fetch(tmp_path / answered.file, answered.offset)
    assert (response.type, response.id, response.date) == ("response", answered.response_id, answered.date)
    assert response.concurrent_to == (answered.request_id,)
    metadata = fetch(tmp_path / alone.file, alone.offset)
    assert (metadata.id, alone.response_id, metadata.concurrent_to) == (alone.metadata_id, "", (alone.request_id,))
    assert fetch(tmp_path / noted.file, noted.offset).target == NOTE[0]
    assert (answered.end, alone.end) == (_start_of(tmp_path / alone.file, alone.request_id), noted.offset)
    assert noted.end == (tmp_path / noted.file).stat().st_size


def _start_of(path: Path, record_id: str) -> int:
    return next(one.offset for one in records(path) if isinstance(one, Record) and one.id == record_id)


def test_an_exchange_is_one_write(tmp_path: Path) -> None:
    writing = writer(tmp_path)
    writing.append(exchange())
    before = _writes()
    for one in WIRE.values():
        writing.append(one)
    assert _writes() - before == len(WIRE)
    writing.close()


def _writes() -> int:
    counters = Path("/proc/self/io")
    if not counters.exists():
        pytest.skip("only Linux counts a process's writes")
    found = re.search(r"syscw: (\d+)", counters.read_text("ascii"))
    assert found
    return int(found[1])


def test_files_rotate_by_size(tmp_path: Path) -> None:
    written(tmp_path, [BIG] * 5, max_bytes=500_000)
    sizes = [path.stat().st_size for path in sorted(tmp_path.rglob("*.warc.gz"))]
    assert [size > 500_000 for size in sizes] == [True, True, False]
    assert all(next(iter(records(path))).type == "warcinfo" for path in tmp_path.rglob("*.warc.gz"))  # type: ignore[union-attr]


def test_files_rotate_by_age(tmp_path: Path) -> None:
    now = NOW
    writing = writer(tmp_path, clock=lambda: now, max_age=timedelta(hours=1))
    first = writing.append(exchange())
    now += timedelta(minutes=59)
    assert writing.append(exchange()).file == first.file
    now += timedelta(minutes=1)
    second = writing.append(exchange())
    assert writing.files == [first.file, second.file]
    assert "-20260929013935120-00001-" in second.file
    writing.close()
    found = [record for path in writing.files for record in records(tmp_path / path) if isinstance(record, Record)]
    fields = [record.fields for record in found if record.type == "metadata"]
    assert ["tlsCertificate" in one for one in fields] == [True, False, True]


def test_two_writers_of_the_same_millisecond_take_two_names(tmp_path: Path) -> None:
    one, two = writer(tmp_path), writer(tmp_path)
    first = one.append(exchange()).file
    one.close()
    second = two.append(exchange()).file
    third = one.append(exchange()).file
    one.close()
    two.close()
    assert len({first, second, third}) == 3


@pytest.mark.parametrize(
    ("setting", "value"), [("durability", "always"), ("payload_digest", "none"), ("durability", "")]
)
def test_a_word_that_is_no_choice_is_bad_input(setting: str, value: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="must be one of"):
        writer(tmp_path, **{setting: value})


def test_sync_makes_it_durable_and_says_so(tmp_path: Path) -> None:
    writing = writer(tmp_path)
    assert not writing.unsynced
    writing.append(exchange())
    states = [writing.unsynced]
    writing.sync()
    states.append(writing.unsynced)
    assert states == [True, False]
    writing.close()


def test_after_a_sync_that_failed_nothing_more_is_promised(tmp_path: Path) -> None:
    writing = writer(tmp_path)
    writing.append(exchange())
    file = writing._file
    assert file is not None
    reading, piped = os.pipe()
    os.dup2(piped, file._descriptor)  # a pipe cannot be synced: the system itself refuses
    for attempt in (writing.sync, writing.sync, lambda: writing.append(exchange())):
        with pytest.raises(ArchiveError, match=r"\.warc\.gz\.open could not be synced: Invalid argument; "):
            attempt()
    os.close(reading)
    os.close(piped)
    os.close(file._descriptor)


def test_a_folder_that_is_a_file_is_an_archive_error_with_advice(tmp_path: Path) -> None:
    (tmp_path / "warc").write_text("in the way", "utf-8")
    with pytest.raises(ArchiveError, match=r"2026/09.*: (Not a directory|File exists); .*folder"):
        writer(tmp_path).append(exchange())


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_an_archive_error_with_advice(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(ArchiveError, match="Permission denied; give this user the right"):
        writer(tmp_path).append(exchange())
    tmp_path.chmod(0o700)


def test_a_context_that_is_no_json_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    writing = writer(tmp_path)
    writing.append(exchange())
    with pytest.raises(TypeError):
        writing.append(exchange(context={"a": object()}))
    last = writing.append(exchange(url="http://a.cn/"))
    writing.close()
    assert len(list(records(tmp_path / last.file))) == 7


def test_a_write_cut_short_by_the_system_is_taken_back_whole(tmp_path: Path) -> None:
    # RLIMIT_FSIZE is a full disk that needs no root: the kernel takes a part of the write, then refuses the rest.
    done = _child(
        """
        resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000))
        """,
        tmp_path,
    )
    _ended_at_a_complete_exchange(done, tmp_path, "File too large; raise the limit on file sizes")


def test_a_full_disk_is_an_archive_error_and_loses_nothing(tmp_path: Path) -> None:
    kept = tmp_path.parent / f"{tmp_path.name}-kept"
    done = _child("", tmp_path, *_mounted(tmp_path, "size=600k", f"cp -r {tmp_path} {kept}"))
    _ended_at_a_complete_exchange(done, kept, "No space left on device; free some space and start again")


def test_a_read_only_file_system_is_an_archive_error_with_advice(tmp_path: Path) -> None:
    done = _child("", tmp_path, *_mounted(tmp_path, "ro", "true"))
    assert "Read-only file system; mount it writable or choose another ARCHIVE_DIR" in done.stdout.splitlines()[0]
    assert done.returncode == 1  # so is the second attempt, which nobody catches


def _mounted(folder: Path, options: str, after: str) -> tuple[str, ...]:
    """A command prefix: a file system on `folder` in a name space of our own; no root needed where users may."""
    space = ("unshare", "--user", "--map-root-user", "--mount")
    try:
        able = subprocess.run([*space, "mount", "-t", "tmpfs", "none", str(folder)], check=False, capture_output=True)
    except FileNotFoundError:
        pytest.skip("there is no unshare")
    if able.returncode:
        pytest.skip(f"no mounts for us here: {able.stderr.decode().strip()}")
    script = f'mount -t tmpfs -o {options} none {folder} && "$0" "$@"; code=$?; {after}; exit $code'
    return (*space, "sh", "-c", script)


def _child(prepare: str, archive: Path, *before: str) -> subprocess.CompletedProcess[str]:
    """A process that appends until the system refuses, says why, and tries to go on with something small."""
    script = f"""
        import resource, sys
        from pathlib import Path
        from newsbot.errors import ArchiveError
        from tests.test_warc_writer import BIG, NOTE, WIRE, writer
        {prepare.strip()}
        writing = writer(Path(sys.argv[1]))
        try:
            while True:
                print(writing.append(BIG).end, flush=True)
        except ArchiveError as error:
            print(error)
        print(writing.note(*NOTE).end)
        sys.stdout.flush()
        import os
        os._exit(0)
    """
    command = [*before, sys.executable, "-c", dedent(script), str(archive)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def _ended_at_a_complete_exchange(done: subprocess.CompletedProcess[str], archive: Path, why: str) -> None:
    assert done.returncode == 0, done.stderr
    *ends, error, after = done.stdout.splitlines()
    (left,) = _open_files(archive)
    assert why in error
    assert error.startswith(str(archive).removesuffix("-kept"))
    assert left.stat().st_size == int(after) > int(ends[-1])
    (recovered,) = recover(archive)
    assert (recovered.exchanges, recovered.cut_bytes, recovered.why) == (len(ends), 0, "")


def test_memory_stays_flat_whatever_is_written(tmp_path: Path) -> None:
    writing = writer(tmp_path, durability="none")
    body = plain(answer(PAGE * 300, "Content-Type: image/png"))
    for _ in range(300):
        writing.append(body)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(3000):
        writing.append(body)
    writing.close()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 8_000  # KiB, of 90 MB written
    (path,) = tmp_path.rglob("*.warc.gz")
    assert index.beside(path).read_bytes().count(b"\n") == 3300


def test_a_writer_starts_with_the_clock_it_is_given(tmp_path: Path) -> None:
    writing = Writer(tmp_path, info={}, clock=frozen)
    assert writing.note("urn:newsbot:run:1", {}).date == "2026-09-29T00:39:35.120045Z"
    assert writing.note("urn:newsbot:run:2", {}, date=NOW + timedelta(seconds=1)).date == "2026-09-29T00:39:36.120045Z"
    writing.close()
