"""The archive's folder: what lies where, and whether it can be written (design.md, "Files")."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from newsbot.errors import ArchiveError, BadInput

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Archive:
    """Paths below ARCHIVE_DIR. All paths that are written into files are relative, so an archive can be moved."""

    root: Path
    posts: Path
    ledger_url: str  #: LEDGER_URL; '' for an SQLite file in `root`

    @property
    def ledger_file(self) -> Path:
        """Where the ledger is when LEDGER_URL names no other."""
        return self.root / "ledger.sqlite"

    @property
    def runs(self) -> Path:
        """Verdicts and logs, one pair a run."""
        return self.root / "runs"

    @property
    def name(self) -> str:
        """The archive's own identifier, from archive.json."""
        return str(self._identity()["id"])

    def warc_files(self) -> list[Path]:
        """Every closed WARC file, imported ones included, in the order of their names (which is the order of time)."""
        return sorted((self.root / "warc").rglob("*.warc.gz"))

    def relative(self, path: Path) -> str:
        """How `path` is named inside the archive, with `/`."""
        name, folder = str(path), f"{self.root}/"
        if name.startswith(folder):  # a run asks this of every WARC file, and relative_to takes three times as long
            return name.removeprefix(folder)
        return path.relative_to(self.root).as_posix()

    def check(self) -> None:
        """Raise BadInput unless this is an archive, or WARC files to make one of."""
        if not self.root.is_dir():
            raise BadInput(f"there is no archive in {self.root}; is ARCHIVE_DIR right?")
        if not (self.root / "warc").is_dir():
            self._identity()

    def make(self) -> None:
        """Create what is missing; ArchiveError where that cannot be written, BadInput for a broken archive.json."""
        try:
            for folder in (self.root / "warc", self.runs, self.posts):
                folder.mkdir(parents=True, exist_ok=True)
            if not self._identity_file.exists():
                write_whole(self._identity_file, _json({"format": 1, "id": str(uuid.uuid4())}))
            if not os.access(self.root, os.W_OK):
                raise PermissionError(13, "no permission to write")
        except OSError as error:
            raise ArchiveError(
                f"cannot write {error.filename or self.root}: {error.strerror}; "
                "give writable folders as ARCHIVE_DIR and POSTS_DIR"
            ) from error
        self._identity()

    @property
    def _identity_file(self) -> Path:
        return self.root / "archive.json"

    def _identity(self) -> dict[str, Any]:
        try:
            identity: dict[str, Any] = json.loads(self._identity_file.read_text("utf-8"))
            return {"id": identity["id"]}
        except FileNotFoundError:
            raise BadInput(
                f"{self.root} is no newsbot archive: it has no archive.json; is ARCHIVE_DIR right?"
            ) from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BadInput(f"{self._identity_file} cannot be read ({error}); restore it from a copy") from error


def locate(archive_dir: str, posts_dir: str, ledger_url: str, project: Path | None) -> Archive:
    """The archive that the settings name.

    A relative ARCHIVE_DIR counts from scrapy.cfg's folder (`project`); without one it must be absolute (BadInput).
    """
    if not archive_dir.strip():  # a variable of a script that is not set: not the project's own folder
        raise BadInput("ARCHIVE_DIR is empty: give the folder where the archive is to be")
    root = Path(archive_dir).expanduser()
    if not root.is_absolute():
        if project is None:
            raise BadInput(f"ARCHIVE_DIR is {archive_dir!r}: outside a project folder it must be an absolute path")
        root = project / root
    root = Path(os.path.abspath(root))  # noqa: PTH100 - resolve() would follow links that the operator chose
    posts = root / Path(posts_dir).expanduser() if posts_dir else root / "posts"
    return Archive(root, posts, ledger_url)


def write_whole(path: Path, content: bytes, draft: str = "") -> None:
    """Write a file so that readers see the old bytes or the new ones, never a part: temporary name, then rename.

    The temporary name follows from the file's (or is `draft`), so that what a killed process left is written over by
    the next that writes the file. Two must not write one file at a time; for posts the ledger's transaction sees to it.
    """
    name = draft or hashlib.sha256(os.fsencode(path.name)).hexdigest()[:16]
    temporary = path.with_name(f".{name}.tmp")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def write_verdict(archive: Archive, began: datetime, facts: dict[str, Any]) -> Path:
    """`runs/<timestamp>.json`: one verdict a run. Raises ArchiveError."""
    path = archive.runs / f"{run_stamp(began)}.json"
    try:
        write_whole(path, _json(facts), draft=f"verdict-{facts['kind']}")
    except OSError as error:
        raise ArchiveError(
            f"cannot write the verdict {path}: {error.strerror}; make room or check permissions"
        ) from error
    return path


def run_stamp(began: datetime) -> str:
    """A run's name in `runs/`: its begin in UTC, to the microsecond, so that two runs never share one."""
    return began.strftime("%Y%m%dT%H%M%S%fZ")


def _json(facts: dict[str, Any]) -> bytes:
    return (json.dumps(facts, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


class RunLock:
    """A lock that the system frees when its holder dies, however it dies (flock).

    It tells a killed run from a living one at once, where a lease in the ledger would have to run out first.
    """

    def __init__(self, archive: Archive, kind: str) -> None:
        self.path = archive.root / f".{kind}.lock"
        self._descriptor: int | None = None

    def acquire(self) -> bool:
        """True when this process holds the lock now; ArchiveError when the file cannot be made."""
        try:
            self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.release()
            return False
        except OSError as error:
            raise ArchiveError(
                f"cannot make the lock {self.path}: {error.strerror}; is ARCHIVE_DIR writable?"
            ) from error
        return True

    def release(self) -> None:
        """Give the lock back; the file stays, so that two runs never lock two different files of one name."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
