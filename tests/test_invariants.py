"""What fuzzing found, and the fixtures, through the invariants that tests/fuzz.py watches; without the fuzzer."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import fuzz
from tests.invariants import TARGETS

FOUND = Path(__file__).parent / "fixtures" / "fuzz"


def test_the_fuzzer_knows_every_invariant() -> None:
    assert tuple(TARGETS) == fuzz.PARTS
    assert set(fuzz.WORDS) == set(fuzz.PARTS)
    assert {path.name for path in FOUND.iterdir()} <= set(fuzz.PARTS)


@pytest.mark.parametrize("found", sorted(FOUND.glob("*/*")), ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_the_fuzzer_found_is_mended(found: Path) -> None:
    TARGETS[found.parent.name](found.read_bytes())


@pytest.mark.parametrize("part", fuzz.PARTS)
def test_what_the_fuzzer_begins_with_keeps_the_invariants(part: str) -> None:
    count = 0
    for count, seed in enumerate(fuzz.seeds(part), 1):  # noqa: B007 - the number is wanted
        TARGETS[part](seed[: fuzz.LONGEST.get(part, 4096)])
    assert count > 4


@pytest.mark.slow
def test_the_fuzzer_runs_and_sees_newsbots_branches() -> None:
    words = [sys.executable, "-m", "tests.fuzz", "listings", "--seconds", "2"]
    done = subprocess.run(words, cwd=FOUND.parents[2], stdout=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 0, done.stdout
    figures = re.fullmatch(r"listings +(\d+) executions, +(\d+) a second, +(\d+) branches seen by .*\n", done.stdout)
    assert figures, done.stdout
    assert int(figures[1]) > 100
    assert int(figures[3]) > 100
