"""Exchanges and facts → durable records; a payload that the archive holds already is kept as a revisit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsbot.article import Capture
from newsbot.judgement import is_quiet_no
from newsbot.sina.sources import tells_of_now
from newsbot.warc import message
from newsbot.warc.commit import GroupCommit
from newsbot.warc.files import either_name
from newsbot.warc.kept import capture_of, original_of
from newsbot.warc.original import payload_digest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from pathlib import Path
    from typing import Any

    from newsbot.ledger import Ledger
    from newsbot.warc.exchange import Exchange
    from newsbot.warc.original import Original
    from newsbot.warc.writer import Writer


class Keeping:
    """Durable before visible: what these methods give back is on disk (design.md)."""

    def __init__(
        self, root: Path, writer: Writer, ledger: Ledger, clean: Callable[[Exchange], None] = lambda _: None
    ) -> None:
        """`clean` takes out of an exchange what is not to be kept."""
        self.writer = writer
        self._root = root
        self._ledger = ledger
        self._clean = clean
        self._commit = GroupCommit(writer)

    async def keep(self, exchange: Exchange) -> Capture:
        """Put an exchange into the archive; ArchiveError when it cannot be."""
        self._clean(exchange)
        original = self._repeated(exchange)
        written = self.writer.append(exchange, original)
        await self._commit.durable()
        capture = capture_of(written, exchange, original)
        if exchange.digest and original is None and exchange.answer:
            self._ledger.note_original(original_of(capture, exchange.answer, exchange.digest))
        return capture

    async def note(self, target: str, facts: Mapping[str, Any], *, date: datetime | None = None) -> Capture:
        """Put a fact that is no exchange into the archive; `target`: a `urn:newsbot:…`; `date`: now."""
        written = self.writer.note(target, facts, date=date)
        await self._commit.durable()
        return Capture(written.metadata_id, written.date, target, file=written.file, offset=written.offset)

    def validators(self, url: str, *, page: bool = True) -> dict[str, str]:
        """Headers that ask for `url` only if it has changed; {} where it was not captured, has none, or is lost by now.

        With `page` only where what was captured was an article.
        """
        known = self._ledger.newest(url)
        if known is None or (page and not self._ledger.is_page(known.record_id)) or not self._holds(known):
            return {}
        return known.validators()

    def close(self) -> None:
        """Close the open file; ArchiveError when it cannot be made whole."""
        self._commit.close()
        self.writer.close()

    def _repeated(self, exchange: Exchange) -> Original | None:
        """The archived answer that this one repeats; sets the exchange's digest where others may repeat it.

        A list's answer is never one: it tells when what was seen; so does a ban page. An article's is one only of the
        same address: its links are read against that. A further page's is one only of the newest there, which is what
        the post shows: where an edit was taken back the page is kept anew.
        """
        if exchange.answer is None or exchange.truncated or exchange.error or tells_of_now(exchange.url):
            return None
        if is_quiet_no(exchange.context, exchange.url, exchange.answer.status, lambda: exchange.payload):
            return None
        if exchange.answer.status == 304:
            found = self._asked_about(exchange)
        else:
            exchange.digest = payload_digest(exchange.answer)
            if not exchange.digest:
                return None
            found = self._same(exchange)
        if found is None or not self._holds(found):
            return None
        return found if "article" not in exchange.context or self._ledger.is_page(found.record_id) else None

    def _same(self, exchange: Exchange) -> Original | None:
        """An answer with the exchange's payload that it may be a revisit of."""
        if exchange.context.get("requisite") == "part":
            newest = self._ledger.newest(exchange.url)
            return newest if newest and newest.digest == exchange.digest else None
        return self._ledger.repeated(exchange.digest, exchange.url, anywhere="article" not in exchange.context)

    def _holds(self, one: Original) -> bool:
        """Is its file still in the archive?"""
        return either_name(self._root / one.file) is not None

    def _asked_about(self, exchange: Exchange) -> Original | None:
        """The answer whose validators this conditional request sent."""
        sent = message.split(exchange.request)
        known = self._ledger.newest(exchange.url)
        validators = known.validators() if known else {}
        same = validators and all(sent.value(name.lower()) == value for name, value in validators.items())
        return known if same else None
