"""Answers that a revisit record may stand for: what is kept once need not be kept again (ISO 28500 6.7).

A later answer with the same payload becomes a revisit of profile `identical-payload-digest`, a 304 one of profile
`server-not-modified`; both name the original's record, target and date.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsbot.warc.digest import sha256

if TYPE_CHECKING:
    from newsbot.warc.message import Message

IDENTICAL = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"


def stands_for_304(profile: str) -> bool:
    """Does a revisit of this WARC-Profile say that the server had nothing new? WARC/1.0 names it by its own address."""
    return profile.endswith(NOT_MODIFIED.rpartition("/1.1")[2])


@dataclass(frozen=True, slots=True)
class Original:
    """A response record, and by what its payload is known again."""

    record_id: str  #: WARC-Record-ID, without the angle brackets
    url: str  #: WARC-Target-URI
    date: str  #: WARC-Date
    digest: str  #: of the entity-body, without chunks and as content-coded as it came; `sha256:` and hexadecimal
    file: str = ""  #: path below the archive, with `/`
    offset: int = 0  #: of the record's gzip member, bytes
    etag: str = ""  #: the ETag header verbatim, latin-1: Sina's are not always legal, and must be echoed as they are
    last_modified: str = ""  #: the Last-Modified header verbatim, latin-1

    def validators(self) -> dict[str, str]:
        """The headers that ask for this page only if it has changed (RFC 9110, 13.1); {} when it has no validator."""
        pairs = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in pairs.items() if value}


def payload_digest(answer: Message) -> str:
    """The digest by which a repeated payload is known; '' for an answer that nothing may refer to.

    That is any but a whole 200 with a body: an error page says nothing about another time it is shown.
    """
    if answer.status != 200 or not answer.whole:
        return ""
    try:
        entity = answer.entity()
    except ValueError:  # its chunks are none
        return ""
    return sha256(entity) if entity else ""
