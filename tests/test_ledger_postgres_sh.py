"""tests/postgres.sh: a private PostgreSQL for the tests above, and nothing left of it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from sqlalchemy import make_url

from tests.ledgers import fill, open_ledger, postgres

SCRIPT = Path(__file__).with_name("postgres.sh")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([SCRIPT, *arguments], capture_output=True, text=True, check=False, timeout=120)


def test_a_cluster_starts_serves_a_ledger_and_leaves_nothing_behind() -> None:
    postgres()  # where there is a server there are its binaries
    started = run("start")
    assert started.returncode == 0, started.stderr
    url = started.stdout.strip()
    folder = Path(str(make_url(url).query["host"]))
    server = int((folder / "cluster" / "postmaster.pid").read_text().split()[0])
    ledger = open_ledger(url)
    fill(ledger, 1)
    ledger.close()
    stopped = run("stop", url)
    assert (stopped.returncode, stopped.stdout, stopped.stderr) == (0, "", "")
    assert not folder.exists()
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(server)], capture_output=True, text=True, check=False).stdout
    assert state.strip()[:1] in {"", "Z"}  # gone, or dead and not yet buried by its parent
    again = run("stop", str(folder))
    assert again.returncode == 1
    assert again.stderr.count("\n") == 1


@pytest.mark.parametrize("arguments", [(), ("begin",), ("start", "here"), ("stop",), ("stop", "/"), ("stop", "a b")])
def test_wrong_arguments_are_one_line_and_two(arguments: tuple[str, ...]) -> None:
    ended = run(*arguments)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.startswith("postgres.sh: ")
    assert ended.stderr.count("\n") == 1
