"""What a file system must be asked so that bytes outlive a crash; locks; and the words for its refusals."""

from __future__ import annotations

import errno
import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from newsbot.errors import ArchiveError, Locked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: fdatasync skips the file's times; macOS has none.
datasync = getattr(os, "fdatasync", os.fsync)

_NEXT_STEP = {
    errno.ENOSPC: "free some space and start again",
    errno.EDQUOT: "free some space or raise the quota and start again",
    errno.EFBIG: "raise the limit on file sizes (ulimit -f) and start again",
    errno.EACCES: "give this user the right to write there",
    errno.EPERM: "give this user the right to write there",
    errno.EROFS: "mount it writable or choose another ARCHIVE_DIR",
    errno.ENOTDIR: "choose an ARCHIVE_DIR that is a folder",
    errno.EEXIST: "move that file away: a folder is needed there",
    errno.EIO: "check the disk before starting again",
}


#: What the system says where there is no room.
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def refused(path: Path, doing: str, error: OSError) -> ArchiveError:
    """The error for `path` that could not be `doing` ("written", "synced" …): what, where, why, and the next step."""
    step = _NEXT_STEP.get(error.errno or 0, "check the disk and the folder's rights")
    return ArchiveError(f"{path} could not be {doing}: {error.strerror or error}; {step}")


def either_name(path: Path) -> Path | None:
    """Where a WARC file lies by now: under its own name, or still as `….open`; None when it is gone."""
    # Its own name twice: it may be closed between the two looks.
    return next((name for name in (path, path.with_name(f"{path.name}.open"), path) if name.exists()), None)


def try_lock(descriptor: int) -> bool:
    """Take the exclusive lock of an open file; False when another holder has it. The system frees it at their end."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_free(descriptor: int) -> bool:
    """Could the lock of an open file be had? It is let go at once; False when a writer has it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    return True


def is_still(path: Path, descriptor: int) -> bool:
    """Does `path` still name the open file? A lock counts only then: its last holder may have renamed the file."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def sync_directory(directory: Path) -> None:
    """Make the names in `directory` durable. Raises OSError."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_directory(directory: Path) -> None:
    """Create `directory` and what is missing above it, all durable. Raises OSError."""
    missing = [folder for folder in (directory, *directory.parents) if not folder.exists()]
    directory.mkdir(parents=True, exist_ok=True)
    for folder in missing:
        sync_directory(folder.parent)


def write_durably(path: Path, content: bytes | Iterator[bytes]) -> None:
    """Write a whole file, also one that comes in pieces: readers, and a machine without power, see the old bytes or
    the new. Raises ArchiveError.

    The temporary name follows from the file's: what a killed process left is written over by the next.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        with temporary.open("wb") as stream:
            stream.writelines((content,) if isinstance(content, bytes) else content)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
        sync_directory(path.parent)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise refused(path, "written", error) from error


@contextmanager
def drafted(path: Path) -> Iterator[BinaryIO]:
    """A file to write piece by piece that takes the name `path` when the block ends well, and is gone when not.

    Raises OSError, and Locked when another process is writing `path`. The temporary name follows from the file's, as in
    `write_durably`.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    with os.fdopen(os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666), "r+b") as stream:
        if not (try_lock(stream.fileno()) and is_still(temporary, stream.fileno())):
            raise Locked(f"another process is writing {path}; wait until it has ended")
        try:
            stream.truncate()
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    sync_directory(path.parent)
