"""Pages that were read and not yet published, on disk, so that memory stays flat however many there are."""

from __future__ import annotations

import fcntl
import os
import pickle
import sqlite3
from multiprocessing import reduction
from tempfile import TemporaryFile, gettempdir
from typing import TYPE_CHECKING, Any

from newsbot.errors import ArchiveError
from newsbot.views.found import Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from newsbot.article import Article
    from newsbot.views.found import Seen

#: Records that are asked for in one statement; SQLite's limit of variables is 999 in old versions.
_AT_ONCE = 500


class Spool:
    """A file without a name, which the system removes by itself. Processes that are started with it share it."""

    def __init__(self, descriptor: int | None = None, *, whole: bool = False) -> None:
        """A new one, or the one that a file `descriptor` of this process is of.

        `whole`: it keeps articles; else only what their posts take of them, which is done in a tenth of the time.
        """
        self.whole = whole
        if descriptor is None:
            self._file = TemporaryFile(buffering=0)  # noqa: SIM115 - `close` closes it
        else:
            self._file = os.fdopen(descriptor, "r+b", buffering=0)

    def __reduce__(self) -> tuple[Any, ...]:
        return _inherited, (reduction.DupFd(self._file.fileno()), self.whole)

    def put(self, article: Article) -> Place | None:
        """Keep a page; None for one that is not enough for a post. Raises ArchiveError when the disk is full."""
        if article.parts and not self.whole:
            return None
        content = pickle.dumps(article if self.whole else (article.body, article.headimg))
        descriptor = self._file.fileno()
        fcntl.lockf(descriptor, fcntl.LOCK_EX)  # another process may be writing behind the same end
        try:
            offset = os.fstat(descriptor).st_size
            written = 0
            while written < len(content):  # a nearly full disk takes a part first, and fails then
                written += os.pwrite(descriptor, content[written:], offset + written)
        except OSError as error:
            where = f"a temporary file in {gettempdir()}"
            raise ArchiveError(f"cannot write {where}: {error.strerror}; make room there or set TMPDIR") from error
        finally:
            fcntl.lockf(descriptor, fcntl.LOCK_UN)
        return Place(offset, len(content))

    def article(self, place: Place) -> Article:
        """The page that lies there, of a spool that keeps them `whole`."""
        article: Article = self._get(place)
        return article

    def body_and_image(self, place: Place) -> tuple[str, str]:
        """What its post takes of the page that lies there, of a spool that keeps no more."""
        body, image = self._get(place)
        return body, image

    def _get(self, place: Place) -> Any:
        return pickle.loads(os.pread(self._file.fileno(), place.size, place.offset))  # noqa: S301

    def close(self) -> None:
        """Give the disk space back, once every process has."""
        self._file.close()


def _inherited(descriptor: Any, whole: bool) -> Spool:
    return Spool(descriptor.detach(), whole=whole)


class Places:
    """In which place each record's page lies (a temporary database)."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("")  # an unnamed file that the system removes by itself
        self._database.execute(
            "CREATE TABLE page (record TEXT PRIMARY KEY, offset INTEGER, size INTEGER) WITHOUT ROWID"
        )

    def put(self, looks: Iterable[Seen]) -> None:
        """Note the pages of looks."""
        rows = ((one.look.capture.record_id, *one.page) for one in looks if one.page)
        self._database.executemany("INSERT OR REPLACE INTO page VALUES (?, ?, ?)", rows)

    def of(self, records: Sequence[str]) -> dict[str, Place]:
        """The places of those of the records whose page is here."""
        found: dict[str, Place] = {}
        for start in range(0, len(records), _AT_ONCE):
            some = records[start : start + _AT_ONCE]
            marks = ", ".join("?" * len(some))
            rows = self._database.execute(f"SELECT * FROM page WHERE record IN ({marks})", some)  # noqa: S608 - marks only
            found.update((record, Place(offset, size)) for record, offset, size in rows)
        return found

    def close(self) -> None:
        """Give the disk space back."""
        self._database.close()
