"""A WARC file that is being written: `….warc.gz.open`, locked by its writer, renamed when it is whole.

What is in it always ends at a complete exchange: a write that the system cuts short is taken back at once, and what a
kill leaves behind is cut away at the next start (recovery.py).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from newsbot.errors import ArchiveError
from newsbot.warc import files

if TYPE_CHECKING:
    from pathlib import Path

SUFFIX = ".open"


class OpenFile:
    """One file under its `.open` name, held by flock from the first moment to the last."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path  #: its final path
        self.end = 0  #: bytes, through the last complete exchange
        self.synced = 0  #: bytes known to be on disk
        self._descriptor = descriptor

    @property
    def open_path(self) -> Path:
        """Where it lies while it is being written."""
        return self.path.with_name(self.path.name + SUFFIX)

    @classmethod
    def create(cls, path: Path) -> OpenFile | None:
        """A new file for `path`, or None when that name is taken (closed, open, or in a recoverer's hands).

        Raises ArchiveError when the folder or the file cannot be made.
        """
        open_path = path.with_name(path.name + SUFFIX)
        try:
            files.make_directory(path.parent)
            descriptor = os.open(open_path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        except FileExistsError:
            if path.parent.is_dir():
                return None
            raise ArchiveError(f"{path.parent} is no folder: move that file away, the archive needs its name") from None
        except OSError as error:
            raise files.refused(open_path, "created", error) from error
        made = cls(path, descriptor)
        # A recoverer may have seen the file before it was locked; and while it is ours nobody can make `path`.
        if not files.try_lock(descriptor) or not files.is_still(open_path, descriptor):
            os.close(descriptor)
            return None
        if path.exists():
            made.discard()
            return None
        try:
            files.sync_directory(path.parent)
        except OSError as error:
            made.discard()
            raise files.refused(open_path, "created", error) from error
        return made

    def write(self, content: bytes) -> None:
        """Append `content` with one write (more only where the system takes less than all).

        Raises ArchiveError; the file then ends where it ended before.
        """
        rest = memoryview(content)
        try:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        except OSError as error:
            self._take_back(error)
            raise files.refused(self.open_path, "written", error) from error
        self.end += len(content)

    def sync(self) -> None:
        """Make everything written so far durable. Raises OSError."""
        end = self.end  # what is appended from another thread meanwhile waits for the next call
        if end > self.synced:
            files.datasync(self._descriptor)
            self.synced = end

    def finish(self, cdxj: Path, lines: bytes) -> None:
        """Close: fsync, the index `lines` as `cdxj`, the final name, the folder; a file without content goes away.

        Raises ArchiveError; the file then keeps its `.open` name for recovery to find.
        """
        if not self.end:
            self.discard()
            return
        try:
            os.fsync(self._descriptor)
            files.write_durably(cdxj, lines)
            self.open_path.rename(self.path)
            files.sync_directory(self.path.parent)
        except OSError as error:
            raise files.refused(self.open_path, "closed", error) from error
        finally:
            os.close(self._descriptor)

    def discard(self) -> None:
        """Remove a file that holds nothing."""
        self.open_path.unlink(missing_ok=True)
        os.close(self._descriptor)

    def _take_back(self, cause: OSError) -> None:
        try:
            os.ftruncate(self._descriptor, self.end)
        except OSError as error:
            raise ArchiveError(
                f"{self.open_path} could not be written ({cause.strerror}) nor cut back ({error.strerror}): "
                "check the disk; the next start recovers the file"
            ) from error


def held(path: Path) -> bool | None:
    """Is somebody writing the `.open` file `path`? None when it has its final name by now, or is gone.

    An empty one passes for held: its writer has made it and will lock it in a moment, and nothing is lost in it.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError:
        return False  # reading it will say why
    try:
        if not os.fstat(descriptor).st_size:
            return True
        free = files.is_free(descriptor)
        return not free if files.is_still(path, descriptor) else None
    finally:
        os.close(descriptor)
