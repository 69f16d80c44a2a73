"""What the common checkers say of a WARC file: do they notice that something is wrong with it?"""

from __future__ import annotations

import io
import subprocess
from contextlib import redirect_stderr, redirect_stdout
from types import SimpleNamespace
from typing import TYPE_CHECKING

from click.testing import CliRunner
from fastwarc import cli
from warcio.checker import Checker

if TYPE_CHECKING:
    from pathlib import Path


def opinions(path: Path) -> dict[str, bool]:
    """Checker → does it notice anything? gzip is asked only about gzip files."""
    found = {"fastwarc check -p": _fastwarc(path), "warcio check": _warcio(path)}
    return found | ({"gzip -t": _gzip(path)} if path.suffix == ".gz" else {})


def _gzip(path: Path) -> bool:
    return subprocess.run(["gzip", "-t", path], capture_output=True, check=False).returncode != 0


def _warcio(path: Path) -> bool:
    asked = SimpleNamespace(inputs=[str(path)], verbose=False)
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        checker = Checker(asked)
        checker.process_all()
    return bool(checker.exit_value)


def _fastwarc(path: Path) -> bool:
    return CliRunner().invoke(cli.check, ["-p", "-q", str(path)]).exit_code != 0
