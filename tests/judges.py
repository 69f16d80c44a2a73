"""What the common checkers say of a WARC file: do they notice that something is wrong with it?

`python -m tests.judges FILE…` has FastWARC compare all digests. It does what `fastwarc check -p` does but for revisits:
that one takes the empty body of a revisit for its payload, which lies in another record, and calls each a failure.
"""

from __future__ import annotations

import io
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from types import SimpleNamespace

from click.testing import CliRunner
from fastwarc import cli
from fastwarc.warc import ArchiveIterator, WarcRecordType
from warcio.checker import Checker


def opinions(path: Path) -> dict[str, bool]:
    """Checker → does it notice anything? gzip is asked only about gzip files."""
    found = {"fastwarc check -p": _fastwarc(path), "warcio check": _warcio(path)}
    return found | ({"gzip -t": _gzip(path)} if path.suffix == ".gz" else {})


def compared_by_fastwarc(path: Path) -> int:
    """How many records FastWARC has read; AssertionError where one of them has a digest that is not its bytes'."""
    count = 0
    for count, record in enumerate(ArchiveIterator(str(path), parse_http=False), 1):  # noqa: B007 - the number is wanted
        assert record.verify_block_digest(consume=False), f"{path}: WARC-Block-Digest of {record.record_id}"
        if "WARC-Payload-Digest" in record.headers and record.record_type != WarcRecordType.revisit:
            if record.is_http:
                record.parse_http()
            assert record.verify_payload_digest(), f"{path}: WARC-Payload-Digest of {record.record_id}"
    return count


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


if __name__ == "__main__":
    for name in sys.argv[1:]:
        found = compared_by_fastwarc(Path(name))
        if not found:
            sys.exit(f"FastWARC finds no record in {name}")  # it would be content with an empty file
        print(f"FastWARC: {found} records of {name} compared")
