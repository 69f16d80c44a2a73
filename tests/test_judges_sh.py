"""tests/judges.sh: what it says when it is called wrongly, or cannot work."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("judges.sh")


@pytest.mark.parametrize(
    ("arguments", "home", "code"),
    [(["start"], "", 2), ([], str(SCRIPT / "inside a file"), 1)],
    ids=["usage", "no folder"],
)
def test_what_it_cannot_do_it_says_last_and_in_one_line(arguments: list[str], home: str, code: int) -> None:
    environment = os.environ | {"NEWSBOT_JUDGES": home}
    done = subprocess.run([SCRIPT, *arguments], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.splitlines()[-1].startswith("judges.sh: ")
