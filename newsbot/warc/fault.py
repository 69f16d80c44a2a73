"""What `scrapy verify` finds: one place in one file, what is wrong with it, and what to do."""

from __future__ import annotations

from dataclasses import dataclass

#: The contract's exit codes; those of all faults found are added up, each once (design.md).
TORN, DIGEST, MISSING = 8, 16, 32

_KINDS = {TORN: "torn", DIGEST: "digest", MISSING: "missing"}


@dataclass(frozen=True, slots=True)
class Fault:
    """One finding."""

    code: int  #: TORN, DIGEST or MISSING
    file: str  #: as the caller calls it: a path below the archive, or as given
    offset: int | None  #: bytes from the beginning of the file; None where the file as a whole is meant
    what: str  #: what is wrong
    todo: str  #: the next step

    @property
    def kind(self) -> str:
        """`torn`, `digest` or `missing`."""
        return _KINDS[self.code]

    def __str__(self) -> str:
        place = self.file if self.offset is None else f"{self.file} at offset {self.offset}"
        return f"{self.kind}: {place}: {self.what}; {self.todo}"
