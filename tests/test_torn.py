"""The torn-file table: each fixture is a small file with one defect, named by it (tests/torn.py made them).

`scrapy verify` must name the defect by kind and offset, and nothing besides; recovery must keep of the same bytes what
it promises: all through the last complete exchange. What `gzip -t`, `warcio check` and `fastwarc check -p` notice is
written down beside it, as an honest comparison.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from newsbot.warc.index import beside
from newsbot.warc.reader import Record, records
from newsbot.warc.recovery import recover
from newsbot.warc.resume import all_records
from newsbot.warc.verify import Verification
from tests.judges import opinions
from tests.torn import ENDS, GOOD, PLAIN

if TYPE_CHECKING:
    from newsbot.warc.fault import Fault

FOLDER = Path(__file__).parent / "fixtures" / "torn"
DEFECTS = sorted(folder.name for folder in FOLDER.iterdir())
FINAL = "warc/2026/09/newsbot-20260929003935120-00000-here.warc.gz"


def _given(defect: str) -> tuple[Path, dict[str, Any]]:
    """The broken file, and what is expected of it."""
    folder = FOLDER / defect
    [file] = [path for path in folder.iterdir() if path.name.startswith("broken.") and path.suffix != ".cdxj"]
    return file, json.loads((folder / "expected.json").read_text("utf-8"))


RECOVERABLE = [defect for defect in DEFECTS if _given(defect)[1]["recovered"] is not None]


def _faults(file: Path, *, indexed: bool = False) -> list[Fault]:
    looking = Verification()
    found = list(looking.file(file, file.name, cdxj=beside(file) if indexed else None))
    return found + list(looking.finish())


@pytest.mark.parametrize("defect", DEFECTS)
def test_each_defect_is_named_with_its_place_and_nothing_else_is(defect: str) -> None:
    file, expected = _given(defect)
    found = _faults(file, indexed=expected["indexed"])
    assert [(one.kind, one.offset) for one in found] == [(one["kind"], one["offset"]) for one in expected["faults"]]
    for fault, one in zip(found, expected["faults"], strict=True):
        assert one["what"] in fault.what
        assert fault.todo
        assert fault.file == (beside(file).name if expected["indexed"] else file.name)


@pytest.mark.parametrize("defect", DEFECTS)
def test_what_other_checkers_notice_is_as_written_down(defect: str) -> None:
    file, expected = _given(defect)
    assert opinions(file) == expected["noticed"]


@pytest.mark.parametrize("defect", RECOVERABLE)
def test_recovery_keeps_all_through_the_last_complete_exchange(defect: str, tmp_path: Path) -> None:
    file, expected = _given(defect)
    final = tmp_path / FINAL
    final.parent.mkdir(parents=True)
    shutil.copy(file, f"{final}.open")
    [done] = recover(tmp_path)
    assert (done.kept_bytes, done.kept_bytes + done.cut_bytes) == (expected["recovered"], file.stat().st_size)
    assert final.exists() == bool(expected["recovered"])
    if expected["recovered"]:
        assert final.read_bytes() == file.read_bytes()[: expected["recovered"]]
        assert _faults(final, indexed=True) == []


@pytest.mark.parametrize("content", [GOOD, PLAIN], ids=["gzip", "plain"])
def test_a_file_cut_anywhere_is_torn_where_the_record_begins_that_was_cut(content: bytes, tmp_path: Path) -> None:
    whole = tmp_path / "whole.warc"
    whole.write_bytes(content)
    places = [one.offset for one in records(whole)] + [len(content)]
    cut = tmp_path / "cut.warc"
    for size in range(len(b"WARC/"), len(content)):
        if size % 13 and min(abs(size - place) for place in places) > 12:
            continue  # every byte near the ends of records, and some between
        cut.write_bytes(content[:size])
        torn = [one.offset for one in _faults(cut) if one.kind == "torn"]
        assert torn == ([] if size in places else [max(place for place in places if place < size)]), size


def test_a_good_file_has_no_faults(tmp_path: Path) -> None:
    good = tmp_path / "good.warc.gz"
    good.write_bytes(GOOD)
    assert _faults(good) == []
    assert opinions(good) == {"fastwarc check -p": False, "warcio check": False, "gzip -t": False}


def test_behind_each_tear_reading_goes_on(tmp_path: Path) -> None:
    holed = b"".join(GOOD[start:end] + bytes(50) for start, end in zip([0, *ENDS], ENDS, strict=False))
    file = tmp_path / "holed.warc.gz"
    file.write_bytes(holed)
    assert sum(isinstance(one, Record) for one in all_records(file)) == len(ENDS)
    assert [one.kind for one in _faults(file)] == ["torn"] * len(ENDS)
