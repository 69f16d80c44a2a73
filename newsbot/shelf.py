"""The posts directory: files that are whole or not there, written only when their bytes change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from newsbot.archive import write_whole
from newsbot.errors import ArchiveError
from newsbot.warc.files import FULL

if TYPE_CHECKING:
    from pathlib import Path

#: Below POSTS_DIR: the categories of every post (post-format.md).
PLACE = "金融/新浪财经"


class Shelf(Protocol):
    """Where posts go. `path` is relative to the posts directory, with `/`."""

    def get(self, path: str) -> bytes | None:
        """The post's bytes; None when there is none."""

    def put(self, path: str, content: bytes) -> bool:
        """Make the post's bytes be `content`; True when they were not."""

    def remove(self, path: str) -> None:
        """Take a post away that has moved to another name; a missing file is fine."""


class PostShelf:
    """The real one, in a folder (`POSTS_DIR`, which can be a Hexo site's `source/_posts`)."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def get(self, path: str) -> bytes | None:
        """See Shelf; ArchiveError when the folder cannot be read."""
        return _bytes(self.root / path)

    def put(self, path: str, content: bytes) -> bool:
        """See Shelf; ArchiveError when the folder cannot be written. ValueError for a path that leads out of it."""
        if ".." in path.split("/") or path.startswith("/"):
            raise ValueError(f"{path!r} leads out of {self.root}")
        file = self.root / path
        if _bytes(file) == content:
            return False
        try:
            try:
                write_whole(file, content)
            except FileNotFoundError:
                file.parent.mkdir(parents=True, exist_ok=True)
                write_whole(file, content)
        except OSError as error:
            raise _unwritable(file, error) from error
        return True

    def remove(self, path: str) -> None:
        """See Shelf; ArchiveError when the folder cannot be written."""
        try:
            (self.root / path).unlink(missing_ok=True)
        except OSError as error:
            raise _unwritable(self.root / path, error) from error


def _bytes(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unwritable(file, error) from error


def _unwritable(file: Path, error: OSError) -> ArchiveError:
    hint = "make room" if error.errno in FULL else "check the permissions of POSTS_DIR"
    return ArchiveError(f"cannot write the post {file}: {error.strerror}; {hint} and run again")
