"""Entry + page → refusal, new, same, revised → ledger rows and posts.

The live crawl and `scrapy replay` both come through here, with facts that they read from the same records, in
whatever order. Every choice is a minimum or maximum over a key found in the records (design.md, "any reading order"),
so both end with the same rows and the same files.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from newsbot import post, text
from newsbot.article import Article, Capture, Entry, Look, Refusal, date_of
from newsbot.errors import BadInput
from newsbot.joining import joined
from newsbot.judgement import look_row
from newsbot.publication import face, path_of, post_of, standing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from newsbot.ledger import ArticleRow, Ledger
    from newsbot.shelf import Shelf

#: A page that is found gone twice, so far apart, is gone (sina.md section 3).
CONFIRM = timedelta(hours=2)

#: Articles that are settled at a time.
_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Noted:
    """What one listing answer brought."""

    new: tuple[str, ...] = ()  #: article keys that no list had shown before
    revised: tuple[str, ...] = ()  #: known ones whose post was written anew: title, date or channel is another now


@dataclass(frozen=True, slots=True)
class Settled:
    """How an article stands after a look."""

    state: str  #: as ArticleRow's
    reason: str = ""
    outcome: str = ""  #: new, revised or same for a published article; else the state
    turn: str = ""  #: deleted or returned, when this look made it so


@dataclass(slots=True)
class Desk:
    """Keeps ledger and posts in step with what was seen."""

    ledger: Ledger
    shelf: Shelf
    fetch: Callable[[Capture], Article | Refusal]  #: reads a captured page again from the WARC files
    outdated: dict[str, str] = field(default_factory=dict)  #: URL → why its post shows what an earlier parser made

    def list_entries(self, capture: Capture, entries: Sequence[Entry]) -> Noted:
        """Note what one listing answer shows; posts whose title, date or channel follow from it are written anew."""
        keys = [entry.key for entry in entries]
        with self.ledger.transaction():
            before = {row.key: row for row in self.ledger.articles(keys)}
            new = self.ledger.note_entries(capture, entries)
            changed = [row.key for row in self.ledger.articles(list(before)) if face(row) != face(before[row.key])]
            revised = [key for key in changed if self.settle(key).outcome == "revised"]
        return Noted(tuple(new), tuple(revised))

    def note(self, looks: Sequence[Look]) -> None:
        """Note looks in the ledger without settling anything yet."""
        self.ledger.note_looks([look_row(look, look.result) for look in looks if look.result is not None])
        for look in looks:
            if look.result is None:
                self.ledger.note_same(look.key, look.capture)

    def page_again(self, key: str, capture: Capture) -> Article | Refusal | None:
        """The page that a revisit stands for, as a replay will read it; None where the article's post shows just that.

        Most looks at articles are such, and they need no page: what its record said when it was read stays said.
        """
        row = self.ledger.article(key)
        if row and row.post and row.body_record == capture.refers_to and self.shelf.get(row.post) is not None:
            return None
        return self.page_of(capture)

    def page_of(self, capture: Capture) -> Article | Refusal:
        """The page that a revisit stands for."""
        return self.fetch(self.ledger.capture(capture.refers_to))

    def settle(self, key: str, look: Look | None = None) -> Settled:
        """Bring one article's standing, post and file name in line with what is noted of it.

        `look` is the one just taken, if any: its page is used when the ledger chose that capture's body, which saves
        reading it again from the archive.
        """
        with self.ledger.transaction():
            row = self.ledger.article(key)
            if row is None:
                return Settled("listed")
            twins = self._twins(row)
            settled = self._settle(row, twins, look)
            merged = self.ledger.merged_into(key)  # some when its address was another
            for other in dict.fromkeys([*(twin.key for twin in twins), *merged]):
                self._follow(other)  # by its key: settling one can move another's post
        return settled

    def _twins(self, row: ArticleRow) -> list[ArticleRow]:
        """The same article under other keys."""
        return [other for other in self.ledger.at(row.url) if other.key != row.key]

    def _follow(self, key: str) -> None:
        """Settle a twin of an article that was settled, if it stands otherwise now."""
        row = self.ledger.article(key)
        if row is not None and standing(row, twins := self._twins(row)) != (row.state, row.reason, row.name):
            self._settle(row, twins)

    def _settle(self, row: ArticleRow, twins: Sequence[ArticleRow], look: Look | None = None) -> Settled:
        state, reason, name = standing(row, twins)
        settled = row._replace(state=state, reason=reason, name=name, tombstone=self._tombstone(row))
        rivals = self._others(settled)
        outcome = self._place(settled, rivals, look) if name else state
        if not name and settled != row:
            self._take_down(row, settled)
        self._move(rivals, [settled, *rivals])
        if row.name and row.name != name:  # the name it had is free for the next
            left = self._others(row)
            self._move(left, left)
        buried, risen = settled.tombstone and not row.tombstone, row.tombstone and not settled.tombstone
        return Settled(state, reason, outcome, "deleted" if buried else "returned" if risen else "")

    def settle_all(
        self, publish: Callable[[Sequence[ArticleRow]], Sequence[str]], progress: Callable[[int, int], None]
    ) -> None:
        """Settle every article of a ledger in which none has a post yet; it ends as `settle` one by one would end.

        Standing follows from each row alone, so it comes first; then it is known which articles share a plain name.
        Last `publish` writes posts under the names in their rows, and gives the keys of those it has not the page of;
        `progress` gets articles done and their number.
        """
        shared_urls = self.ledger.shared_urls()
        for rows in self._everything():
            self.ledger.settle_many([self._stood(row, shared=row.url in shared_urls) for row in rows])
        for name in self.ledger.shared_names():
            first, *others = self.ledger.rivals(name)
            self.ledger.settle_many([row._replace(post=path_of(row, [first])) for row in others])
        total, done = sum(self.ledger.counts().values()), 0
        for rows in self._everything():
            left = publish([row for row in rows if row.post])
            if left:
                self.ledger.settle_many([row._replace(post="") for row in rows if row.key in left])
            for key in left:
                self.settle(key)
            progress(done := done + len(rows), total)

    def _stood(self, row: ArticleRow, *, shared: bool) -> ArticleRow:
        state, reason, name = standing(row, self._twins(row) if shared else [])
        path = path_of(row, []) if name else ""
        return row._replace(state=state, reason=reason, post=path, name=name, tombstone=self._tombstone(row))

    def _everything(self) -> Iterator[list[ArticleRow]]:
        last = ""
        while rows := self.ledger.articles_after(last, _AT_ONCE):
            yield rows
            last = rows[-1].key

    def _tombstone(self, row: ArticleRow) -> str:
        """When the page of a captured article was first found gone, if a later look confirms it; '' else."""
        if not row.body_key or row.look_key <= row.body_key:
            return ""
        looks = self.ledger.looks([row.key])[row.key]
        first, last = map(date_of, (looks.first_gone, looks.last_gone))
        return first if first and text.unstamp(last) - text.unstamp(first) >= CONFIRM else ""

    def _take_down(self, row: ArticleRow, settled: ArticleRow) -> None:
        """Settle an article that has no post, or none any more."""
        if row.post and not self.ledger.claimed(row.post, row.key):
            self.shelf.remove(row.post)
        self._note_standing(settled._replace(post="", name=""))

    def _note_standing(self, row: ArticleRow) -> None:
        self.ledger.settle(
            row.key, state=row.state, reason=row.reason, post=row.post, name=row.name, tombstone=row.tombstone
        )

    def shown(self, key: str) -> Article | None:
        """The page that a published article's post shows; None when it has none, or this parser refuses its page."""
        row = self.ledger.article(key)
        read = self._body(row, None) if row is not None and row.name else None
        return read if isinstance(read, Article) else None

    def _others(self, row: ArticleRow) -> list[ArticleRow]:
        """The other articles whose post would have this one's plain name."""
        return [other for other in self.ledger.rivals(row.name) if other.key != row.key] if row.name else []

    def _move(self, rows: Sequence[ArticleRow], group: Sequence[ArticleRow]) -> None:
        """Write anew the posts among `rows` whose file name is now another one; `group` has all of that plain name."""
        for row in rows:
            others = [other for other in group if other.key != row.key]
            if path_of(row, others) != row.post:
                self._place(row, others)

    def _place(self, row: ArticleRow, others: Sequence[ArticleRow], look: Look | None = None) -> str:
        """Write a published article's post under the name it is due, and settle its row; says new, revised or same."""
        path = path_of(row, others)
        if look and look.result is None and path == row.post:
            self._note_standing(row)
            return "same"
        said = self._post(row, look)
        if isinstance(said, Refusal):
            self._take_down(row, row._replace(state="refused", reason=said.reason))
            return "refused"
        changed = self.shelf.put(path, post.render(said))
        if row.post and path != row.post and not self.ledger.claimed(row.post, row.key):
            self.shelf.remove(row.post)
        self._note_standing(row._replace(post=path))
        if not row.post:
            return "new"
        return "revised" if changed else "same"

    def _post(self, row: ArticleRow, look: Look | None) -> post.Post | Refusal:
        """What the post says.

        Where this parser refuses the page that an earlier one read, BODY stays as the post has it until a replay: one
        page must not end a crawl. Without such a post the refusal.
        """
        read = self._body(row, look)
        if isinstance(read, Article):
            whole = joined(read, self.ledger, self.fetch)
            return post_of(row, whole.body, whole.headimg)
        old = self.shelf.get(row.post) if row.post and not self.ledger.claimed(row.post, row.key) else None
        if old is None:
            return read
        try:
            kept = post.read(old)
        except BadInput:  # changed by hand
            return read
        return post_of(row, kept.body, kept.image)

    def _body(self, row: ArticleRow, look: Look | None) -> Article | Refusal:
        """The page whose BODY the post shows: the one at hand, or read again from the archive."""
        if look and look.capture.page_record == row.body_record and isinstance(look.result, Article):
            return look.result
        capture = self.ledger.capture(row.body_record)
        read = self.fetch(capture)
        if isinstance(read, Refusal):
            told = f"{capture.url} in {capture.file} was an article, this parser says {read.reason}"
            self.outdated[row.url] = f"{told}: look at `scrapy replay --diff`, then run `scrapy replay`"
        return read
