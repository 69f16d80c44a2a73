"""WARC files by themselves, of any make: given by name, in folders, or inside a WACZ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsbot.errors import BadInput
from newsbot.warc.enclosed import Enclosed, enclosed_in
from newsbot.warc.index import beside
from newsbot.warc.openfile import SUFFIX
from newsbot.warc.reader import check
from newsbot.warc.verify import Verification

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from newsbot.warc.fault import Fault

_WARC = (".warc", ".warc.gz", f".warc.gz{SUFFIX}")
_WACZ = ".wacz"


class Foreign:
    """Use: `faults`, then the numbers."""

    posts = 0  #: there are none

    def __init__(self, paths: list[Path], progress: Callable[[str, int, int], None]) -> None:
        """`progress` gets a stage, what is read and all of it, in MiB.

        Raises NotAWarc and BadInput for a path that is no WARC file, cannot be read, or is a folder without any.
        """
        self._files = [file for path in paths for file in _files_of(path)]
        self._total = sum(_size(file) for file in self._files)
        self._read = 0
        self.verification = Verification(lambda at: progress("reading, MB", self._read + at >> 20, self._total >> 20))

    def faults(self) -> Iterator[Fault]:
        """Everything that is wrong."""
        for file in self._files:
            cdxj = None if isinstance(file, Enclosed) else beside(file)
            yield from self.verification.file(file, str(file), cdxj=cdxj if cdxj and cdxj.exists() else None)
            self._read += _size(file)
        yield from self.verification.finish()


def _files_of(path: Path) -> list[Path | Enclosed]:
    if path.is_dir():
        try:
            inside = sorted(file for file in path.rglob("*") if file.name.endswith((*_WARC, _WACZ)) and file.is_file())
        except OSError as error:
            raise BadInput(f"{path} cannot be read: {error.strerror}; check the rights") from error
        if not inside:
            raise BadInput(f"{path} holds no WARC file; name one, or a folder that does")
        return [one for file in inside for one in (enclosed_in(file) if file.suffix == _WACZ else [file])]
    if path.suffix == _WACZ:
        return [*enclosed_in(path)]
    check(path)
    return [path]


def _size(file: Path | Enclosed) -> int:
    return 0 if isinstance(file, Enclosed) else file.stat().st_size
