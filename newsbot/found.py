"""What a replay finds in WARC files, as values: it goes to the absorber, also from one process to another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from newsbot.article import Capture, Entry, Look
from newsbot.warc.original import Original

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Listed:
    """A list answer that could be read."""

    capture: Capture
    entries: tuple[Entry, ...]


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
    """A host said no then (UTC)."""

    host: str
    when: datetime


@dataclass(frozen=True, slots=True)
class Same:
    """A revisit of an article's page: it shows what the capture shows that it refers to."""

    key: str  #: article key
    capture: Capture


@dataclass(frozen=True, slots=True)
class Requisite:
    """An image or style sheet was asked for."""

    url: str
    kind: str
    capture: Capture


Found = Listed | Look | Same | Requisite | Fact | No | Original | Unreadable
