"""What a replay finds in WARC files, as values: it goes to the absorber, also from one process to another."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from newsbot.article import IMPORTED, Capture, Entry, Look, LookRow, Refusal
from newsbot.warc.original import Original

if TYPE_CHECKING:
    from datetime import datetime

    from newsbot.sina.feed import Flash
    from newsbot.warc.reader import Record


@dataclass(frozen=True, slots=True)
class Listed:
    """A list answer that could be read."""

    capture: Capture
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Flashes:
    """An answer of the live feed."""

    capture: Capture
    flashes: tuple[Flash, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """A `urn:newsbot:` record: `kind` is run, window or withdrawal; a refusal is a Look."""

    kind: str
    capture: Capture
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Something in a file that could not be read: told, counted, passed over."""

    file: str
    offset: int
    why: str


@dataclass(frozen=True, slots=True)
class No:
    """A host said no then (UTC), or that it cannot cope, and for how long it wants to be left alone."""

    host: str
    when: datetime
    file: str  #: of the answer
    rest: timedelta | None = None  #: what its Retry-After asks for

    @property
    def until(self) -> datetime:
        """Till then by its own words."""
        return self.when + (self.rest or timedelta(0))


@dataclass(frozen=True, slots=True)
class Same:
    """A revisit of an article's page: it shows what the capture shows that it refers to.

    Tools name that capture by its record, as newsbot does, or by address and time, or only by its payload.
    """

    key: str  #: article key
    capture: Capture
    target: str = ""  #: WARC-Refers-To-Target-URI
    date: str = ""  #: WARC-Refers-To-Date, as `Record.date` writes it
    digest: str = ""  #: WARC-Payload-Digest


@dataclass(frozen=True, slots=True)
class Requisite:
    """An image or style sheet was asked for."""

    url: str
    kind: str
    capture: Capture
    ban: bool = False  #: the site's ban page came in its place


@dataclass(frozen=True, slots=True)
class Asked:
    """What an exchange's metadata record says of it."""

    context: dict[str, Any] = field(default_factory=dict)  #: the spider's: which article, which list
    error: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer and what it was asked for, still to be judged (views.judging)."""

    record: Record
    file: str  #: what the views call its WARC file
    asked: Asked


class Place(NamedTuple):
    """Where a page lies in a Spool (views.spool), bytes."""

    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class Seen:
    """A look as the ledger takes it, and where the page is that it gave; None when it gave none, or none to keep."""

    look: LookRow
    page: Place | None


Found = Listed | Flashes | Look | Seen | Same | Requisite | Fact | No | Original | Unreadable


def counts(one: Found) -> bool:
    """Does this tell something for the views? Of another's evidence not all does (`scrapy import`).

    A host's no was not to us, a look that failed says nothing of the article, and facts are of the run that wrote them.
    """
    match one:
        case Listed() | Same() | Unreadable():
            return True
        case Look(result=Refusal(lasting=False)) | Fact() | Flashes() | Requisite():
            return not one.capture.imported
        case Look() | Seen():
            return True
        case No() | Original():
            return not one.file.startswith(IMPORTED)
