"""What killed runs leave behind is closed at a complete exchange, and nothing whole is thrown away."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from newsbot.errors import ArchiveError
from newsbot.warc import index
from newsbot.warc.reader import Record, records
from newsbot.warc.recovery import recover
from tests.warcs import BROKEN, NOTE, NOW, WIRE, compose, composer, ends, exchange, writer

GOOD = compose([exchange(), WIRE["chunked"]])
NAME = "warc/2026/09/newsbot-20260929003935120-00000-here.warc.gz"


def _left(archive: Path, content: bytes, name: str = NAME) -> Path:
    """An `.open` file as a killed run leaves it; gives its final path."""
    path = archive / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_name(path.name + ".open").write_bytes(content)
    return path


def _names(archive: Path) -> set[str]:
    return {path.relative_to(archive).as_posix() for path in archive.rglob("*") if not path.is_dir()}


def test_a_whole_file_is_closed_as_it_is(tmp_path: Path) -> None:
    path = _left(tmp_path, GOOD)
    (done,) = recover(tmp_path)
    assert (done.file, done.kept_bytes, done.cut_bytes, done.exchanges, done.why) == (NAME, len(GOOD), 0, 2, "")
    assert path.read_bytes() == GOOD
    left = index.beside(path).read_bytes()
    assert index.write(path).read_bytes() == left
    assert _names(tmp_path) == {NAME, f"{NAME}.cdxj"}
    assert recover(tmp_path) == []


@pytest.mark.parametrize("records_kept", range(len(ends(GOOD))))
@pytest.mark.parametrize("half", [0, 1])
def test_a_file_is_cut_back_to_its_last_complete_exchange(records_kept: int, half: int, tmp_path: Path) -> None:
    places = [0, *ends(GOOD)]
    middle = (places[records_kept] + places[records_kept + 1]) // 2 if half else places[records_kept]
    path = _left(tmp_path, GOOD[:middle])
    (done,) = recover(tmp_path)
    complete = {4: 1, 5: 1, 6: 1, 7: 2}.get(records_kept, 0)  # warcinfo is 1, an exchange 3 records, the note the last
    assert done.exchanges == complete
    assert (done.kept_bytes, done.cut_bytes) == (places[1 + 3 * complete] if complete else 0, middle - done.kept_bytes)
    if complete:
        assert path.read_bytes() == GOOD[: done.kept_bytes]
        assert index.beside(path).read_bytes().count(b"\n") == complete
    else:
        assert _names(tmp_path) == set()
    assert bool(done.why) == bool(done.cut_bytes or not middle)


@pytest.mark.parametrize("defect", BROKEN)
def test_a_broken_file_keeps_what_stands_before_the_defect(defect: str, tmp_path: Path) -> None:
    _left(tmp_path, BROKEN[defect](GOOD))
    (done,) = recover(tmp_path)
    if defect == "torn-first-member":
        assert (_names(tmp_path), done.kept_bytes) == (set(), 0)
        return
    assert (done.kept_bytes, done.exchanges) == (ends(GOOD)[-2], 2)
    assert done.why.startswith(f"torn at offset {done.kept_bytes}: ")
    assert not [one for one in records(tmp_path / NAME) if not isinstance(one, Record)]
    assert (f"{NAME}.cut" in _names(tmp_path)) == (defect in ("zero-hole", "append-after-a-tear"))


def test_whole_records_behind_damage_are_kept_apart(tmp_path: Path) -> None:
    tail = compose([WIRE["post"]])
    _left(tmp_path, GOOD[:-3] + tail)
    (done,) = recover(tmp_path)
    assert f"is kept in {Path(NAME).name}.cut" in done.why
    assert (tmp_path / f"{NAME}.cut").read_bytes() == tail


def test_an_exchange_without_its_metadata_is_half_a_one(tmp_path: Path) -> None:
    making = composer()
    request, response, _ = making.exchange(exchange())
    _left(tmp_path, GOOD + request.content + response.content)
    (done,) = recover(tmp_path)
    assert (done.kept_bytes, done.exchanges, done.why) == (len(GOOD), 2, "the last exchange is not complete")


@pytest.mark.parametrize("content", [b"", bytes(9000), GOOD[: ends(GOOD)[0]]], ids=["empty", "zeroes", "warcinfo-only"])
def test_a_file_without_an_exchange_goes_away(content: bytes, tmp_path: Path) -> None:
    _left(tmp_path, content)
    (done,) = recover(tmp_path)
    assert (done.kept_bytes, done.cut_bytes, done.exchanges) == (0, len(content), 0)
    assert _names(tmp_path) == set()


def test_what_is_no_warc_file_is_left_alone(tmp_path: Path) -> None:
    path = _left(tmp_path, b"somebody's notes")
    (done,) = recover(tmp_path)
    assert "is no WARC file" in done.why
    assert done.why.endswith("left alone")
    assert path.with_name(path.name + ".open").read_bytes() == b"somebody's notes"


def test_a_folder_of_such_a_name_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / f"{NAME}.open").mkdir(parents=True)
    (done,) = recover(tmp_path)
    assert done.why.endswith("is no file; left alone")


def test_a_closed_file_of_the_same_name_is_never_written_over(tmp_path: Path) -> None:
    path = _left(tmp_path, GOOD)
    path.write_bytes(b"other")
    (done,) = recover(tmp_path)
    assert "exists already" in done.why
    assert path.read_bytes() == b"other"


def test_a_file_that_a_living_process_writes_is_not_touched(tmp_path: Path) -> None:
    script = """if True:
        import sys
        from pathlib import Path
        from tests.warcs import exchange, writer
        writing = writer(Path(sys.argv[1]))
        print(writing.append(exchange()).file, flush=True)
        sys.stdin.read()
        import os
        os._exit(0)
    """
    child = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)],
        cwd=Path(__file__).parent.parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with child:
        assert child.stdout is not None
        name = child.stdout.readline().strip()
        assert recover(tmp_path) == []
        child.communicate("")
    assert [done.file for done in recover(tmp_path)] == [name]


def _recovered_files(archive: str) -> list[str]:
    return [done.file for done in recover(Path(archive))]


def test_recoverers_that_run_at_once_share_the_files_between_them(tmp_path: Path) -> None:
    names = [f"{NAME[:-12]}{number:02d}-a.warc.gz" for number in range(60)]
    for name in names:
        _left(tmp_path, BROKEN["half-member"](GOOD), name)
    with ProcessPoolExecutor(3, mp_context=get_context("spawn")) as pool:
        done = [file for files in pool.map(_recovered_files, [str(tmp_path)] * 3) for file in files]
    assert sorted(done) == names
    assert _names(tmp_path) == {*names, *(f"{name}.cdxj" for name in names)}


def test_a_writer_takes_another_name_when_a_recoverer_has_its_file(tmp_path: Path) -> None:
    first = writer(tmp_path)
    name = first.append(exchange()).file
    first.close()
    (tmp_path / name).rename(tmp_path / f"{name}.open")
    with (tmp_path / f"{name}.open").open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert recover(tmp_path) == []
        second = writer(tmp_path)
        assert second.append(exchange()).file != name
        second.close()


def test_the_remains_of_a_killed_recovery_do_not_stay(tmp_path: Path) -> None:
    path = _left(tmp_path, GOOD)
    path.with_name(f".{path.name}.cdxj.tmp").write_bytes(b"half an ind")
    index.beside(path).write_bytes(b"written, but the file was not renamed")
    recover(tmp_path)
    assert _names(tmp_path) == {NAME, f"{NAME}.cdxj"}
    assert index.beside(path).read_bytes().count(b"\n") == 3


def test_a_file_that_cannot_be_closed_stays_open_for_the_next_try(tmp_path: Path) -> None:
    path = _left(tmp_path, GOOD)
    index.beside(path).mkdir()
    with pytest.raises(ArchiveError, match=r"cdxj could not be written: Is a directory"):
        recover(tmp_path)
    index.beside(path).rmdir()
    assert [done.exchanges for done in recover(tmp_path)] == [2]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_an_archive_error(tmp_path: Path) -> None:
    path = _left(tmp_path, GOOD)
    path.with_name(path.name + ".open").chmod(0)
    with pytest.raises(ArchiveError, match="could not be recovered: Permission denied; give this user the right"):
        recover(tmp_path)


def test_notes_count_as_kept_but_not_as_exchanges(tmp_path: Path) -> None:
    making = composer()
    content = making.warcinfo.content + making.note(*NOTE, NOW).content
    _left(tmp_path, content)
    (done,) = recover(tmp_path)
    assert (done.kept_bytes, done.exchanges, done.why) == (len(content), 0, "")
