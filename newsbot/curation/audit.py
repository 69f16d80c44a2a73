"""A whole archive against itself: WARC files, CDXJ, ledger and posts (`scrapy verify`).

Nothing is written, and no job's lock is asked for. A crawl may be at work meanwhile: the ledger is read before the
files, so what it knows is on disk by then; and what does not fit a post is looked at again while nobody can be half-way
through a change (`Ledger.transaction`).
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from newsbot.curation.bookkeeping import PostCheck
from newsbot.errors import LedgerBusy, LedgerError, LedgerTooNew
from newsbot.ledger import Ledger, is_there
from newsbot.warc.fault import MISSING, TORN, Fault
from newsbot.warc.files import either_name
from newsbot.warc.index import beside
from newsbot.warc.inventory import Claim
from newsbot.warc.openfile import SUFFIX
from newsbot.warc.verify import Verification

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from newsbot.archive import Archive

_FILES = (f".warc.gz{SUFFIX}", ".warc.gz", ".warc")
_REPLAY = "scrapy replay makes the ledger anew from the files"


class Audit:
    """One look at an archive. Use: `faults`, then the numbers."""

    def __init__(self, archive: Archive, progress: Callable[[str, int, int], None]) -> None:
        """`progress` gets a stage, what is done and the whole of it (MiB, then posts)."""
        self._archive = archive
        self._progress = progress
        self._read = self._total = 0
        self.verification = Verification(lambda at: progress("reading, MB", self._read + at >> 20, self._total >> 20))
        self.posts = 0

    def faults(self) -> Iterator[Fault]:
        """Everything that is wrong. Raises LedgerBusy and LedgerTooNew when the ledger cannot be compared."""
        ledger = None
        try:
            ledger = self._open_ledger()
        except (LedgerBusy, LedgerTooNew):
            raise
        except LedgerError as error:
            yield Fault(TORN, self._archive.ledger_file.name, None, str(error), _REPLAY)
        if ledger is None:
            if not is_there(self._archive):
                yield Fault(MISSING, self._archive.ledger_file.name, None, "the ledger is not there", _REPLAY)
            yield from self._files()
            yield from self.verification.finish()
            return
        with closing(ledger):
            absorbed = ledger.absorbed()
            for table, record, file, offset in ledger.places():
                number = self.verification.number(file)
                self.verification.inventory.claim(Claim(record, number, offset, f"the ledger's {table}"))
            yield from self._files()
            yield from self.verification.finish()
            yield from self._sizes(absorbed)
            yield from self._claims(absorbed)
            check = PostCheck(self._archive, ledger)
            for done, fault in check.faults():
                self.posts = done
                self._progress("posts", done, done)
                if fault:
                    yield fault

    def _open_ledger(self) -> Ledger | None:
        """The ledger, unless it is a file that is not there: looking must not make one."""
        return Ledger.open(self._archive) if is_there(self._archive) else None

    def _files(self) -> Iterator[Fault]:
        """Every file below `warc`: its records, and its index."""
        folder = self._archive.root / "warc"
        indexes = sorted(folder.rglob("*.cdxj"))  # first: a file that is closed meanwhile has had its index before
        # Open files first, and each by its final name: one that is closed meanwhile is seen, and seen once.
        seen = [path for ending in _FILES for path in folder.rglob(f"*{ending}")]
        self._total = sum(map(_size, seen))
        for final in sorted({path.with_name(path.name.removesuffix(SUFFIX)) for path in seen}):
            if path := either_name(final):
                size = _size(path)
                yield from self.verification.file(path, self._archive.relative(path), cdxj=beside(final))
                self._read += size
        for index in indexes:
            warc = index.with_name(index.name.removesuffix(".cdxj"))
            if either_name(warc) is None:
                what = f"it is the index of {warc.name}, which is not there"
                todo = "restore that file, or remove the index"
                yield Fault(MISSING, self._archive.relative(index), None, what, todo)

    def _sizes(self, absorbed: dict[str, int]) -> Iterator[Fault]:
        """What the ledger took in whole must still be as large."""
        for name, size in sorted(absorbed.items()):
            path = self._archive.root / name
            if path.exists() and path.stat().st_size != size:
                what = f"it has {path.stat().st_size} bytes, the ledger took it in with {size}"
                yield Fault(MISSING, name, None, what, f"restore it from a copy, or {_REPLAY}")

    def _claims(self, absorbed: dict[str, int]) -> Iterator[Fault]:
        """What the ledger says of records, against them."""
        lost = [name for name in absorbed if either_name(self._archive.root / name) is None]
        gone = {self.verification.number(name): 1 for name in lost}
        names = self.verification.names()
        for claim in self.verification.inventory.unkept():
            name = names[claim.file]
            if claim.file in self.verification.unread:  # told, as a whole
                continue
            if either_name(self._archive.root / name) is None:
                gone[claim.file] = gone.get(claim.file, 0) + 1
            else:
                what = f"{claim.by} says that {claim.record} lies here, and it does not"
                yield Fault(MISSING, name, claim.offset, what, f"restore the file from a copy, or {_REPLAY}")
        for file, count in sorted(gone.items()):
            what = f"the file is not there; the ledger names it {count} times"
            yield Fault(MISSING, names[file], None, what, f"restore it from a copy, or {_REPLAY}")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # closed or recovered since it was seen
        return 0
