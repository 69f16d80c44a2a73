"""Which articles to look at again, and when: edits and deletions show only to who comes back (sina.md section 3).

The times count from publication, which edits gather behind (24 minutes to 5 hours later were seen). What an article did
so far decides the rest: a list that says it was edited brings the next look forward, one that never changed is asked
only once more, and a page that is gone is asked again hours later before that is believed.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from newsbot.article import FIRST, REASONS, date_of
from newsbot.ledger.rows import GONE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from newsbot.clock import Clock
    from newsbot.ledger import Ledger, LooksRow, SeenRow, Work

#: A look that came so shortly before it was due stands for it.
NEAR = timedelta(minutes=10)
#: A page that is gone is looked at again after this; desk.CONFIRM of it must lie between the two.
SECOND_LOOK = timedelta(hours=3)
#: After so many looks without a change only the last of the schedule is left.
ENOUGH = 3
#: After this a refusal by robots.txt, which may be a slip of an hour, is asked anew.
ROBOTS_AGAIN = timedelta(hours=24)
#: A stamp's time: those of the ledger are well formed, and `text.unstamp` spends most of its time on finding that out.
_moment = datetime.fromisoformat
#: Articles whose looks are asked for at a time.
_BATCH = 500


def next_look(row: SeenRow, looks: LooksRow | None, schedule: Sequence[timedelta]) -> datetime | None:
    """When the article is to be looked at again (UTC), None for never; the past means now.

    `looks` is None for an article that was never answered for, as by robots.txt. `schedule`: times after publication.
    """
    if not schedule:
        return None
    published, word = _moment(row.published), _last_word(row)
    if word.startswith(FIRST):  # only another tool has seen it
        return published + schedule[0]
    last = _moment(date_of(word))
    if row.look_reason == "robots" and not row.body_key:
        return last + ROBOTS_AGAIN
    if row.look_reason in GONE and looks is not None and looks.first_gone:
        return _after(last, _moment(date_of(looks.first_gone)), (SECOND_LOOK, *schedule))
    if row.mtime > word:  # which begins with its time, as six digits of a second
        return _moment(row.mtime)
    quiet = looks is not None and looks.looks >= ENOUGH and looks.versions == 1
    return _after(last, published, schedule[-1:] if quiet else schedule)


def _last_word(row: SeenRow) -> str:
    """The key of the newest look that said something of the article; one that failed says nothing."""
    failed = row.look_reason and not REASONS[row.look_reason]
    return row.body_key if failed and row.body_key else row.look_key


def _after(last: datetime, begin: datetime, schedule: Sequence[timedelta]) -> datetime | None:
    known = last + NEAR - begin
    return next((begin + wait for wait in schedule if wait > known), None)


class Again:
    """One run's second looks."""

    def __init__(
        self, ledger: Ledger, clock: Clock, *, owner: str, schedule: Sequence[timedelta], lease_seconds: float
    ) -> None:
        """`schedule`: the times after publication, rising; empty for no second looks at all."""
        self.keys: set[str] = set()  #: of those that were leased in this run
        self._ledger = ledger
        self._clock = clock
        self._owner = owner
        self._schedule = sorted(schedule)
        self._seconds = lease_seconds
        self._due: list[str] | None = None

    def lease(self, limit: int) -> list[Work]:
        """Some that are due; the newest first. What is due is found out once, at the first call."""
        if self._due is None:
            self._due = [key for _, key in sorted(self._found())]  # popped from its end
        leased: list[Work] = []
        while self._due and not leased:
            chosen = [self._due.pop() for _ in range(min(limit, len(self._due)))]
            leased = self._ledger.lease_again(self._owner, chosen, self._clock(), self._seconds)
        self.keys.update(one.key for one in leased)
        return leased

    def _found(self) -> Iterator[tuple[str, str]]:
        """(publication, key) of every article that is due."""
        if not self._schedule:
            return
        now = self._clock()
        since = now - self._schedule[-1] - timedelta(days=1)
        recent = self._ledger.recent(since, since - self._schedule[-1])  # a return is looked for as long again
        # Whether an article has been quiet only puts a look off, so it is asked of those that may be due at all.
        near = [row for row in recent if row.look_reason in GONE or self._is_due(row, None, now)]
        for begin in range(0, len(near), _BATCH):
            rows = near[begin : begin + _BATCH]
            looks = self._ledger.looks([row.key for row in rows])
            yield from ((row.published, row.key) for row in rows if self._is_due(row, looks.get(row.key), now))

    def _is_due(self, row: SeenRow, looks: LooksRow | None, now: datetime) -> bool:
        due = next_look(row, looks, self._schedule)
        return due is not None and due <= now
