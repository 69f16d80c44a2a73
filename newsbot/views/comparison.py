"""What a rebuild would change, noted and not done (`replay --diff`): posts by field, articles by outcome."""

from __future__ import annotations

import pickle
import sqlite3
from typing import TYPE_CHECKING

from newsbot.difference import Change, Difference, of_posts, of_values

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from newsbot.ledger import ArticleRow, Ledger

#: Articles that are read from the ledger at a time.
_BATCH = 1000


class Comparison:
    """A shelf that writes nothing. All it holds lies in a temporary database, so that memory stays flat.

    Call `before` when the ledger is as it was, `after` when it is as it would be.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._database = sqlite3.connect("")  # an unnamed file that the system removes by itself
        for table in ("post (path", "was (key", "difference (key"):
            self._database.execute(f"CREATE TABLE {table} TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID")

    def close(self) -> None:
        """Give the disk space back."""
        self._database.close()

    # --- the shelf ---

    def get(self, path: str) -> bytes | None:
        """See Shelf: what the post would be."""
        return self._would_be(path) or self._is(path)

    def put(self, path: str, content: bytes) -> bool:
        """See Shelf."""
        if self._is(path) == content:
            self.remove(path)
            return False
        self._database.execute("INSERT OR REPLACE INTO post VALUES (?, ?)", (path, content))
        return True

    def remove(self, path: str) -> None:
        """See Shelf; that it is gone follows from the articles."""
        self._database.execute("DELETE FROM post WHERE path = ?", (path,))

    # --- the ledger ---

    def before(self, ledger: Ledger) -> None:
        """Note how the articles stand."""
        for row in _articles(ledger):
            self._database.execute("INSERT INTO was VALUES (?, ?)", (row.key, pickle.dumps(row)))

    def after(self, ledger: Ledger) -> None:
        """Note how that differs from how they would stand."""
        for row in _articles(ledger):
            was = self._take(row.key)
            self._note(row.key, was.post if was else row.post, row.post, [*self._changes(was, row)])
        for key, value in self._database.execute("SELECT key, value FROM was ORDER BY key"):
            gone: ArticleRow = pickle.loads(value)  # noqa: S301
            self._note(key, gone.post, "", [*self._of_post(gone.post, "", "no WARC file tells of it")])

    def differences(self) -> Iterator[Difference]:
        """All of them, by article key."""
        for (value,) in self._database.execute("SELECT value FROM difference ORDER BY key"):
            yield pickle.loads(value)  # noqa: S301

    def _note(self, key: str, was: str, now: str, changes: list[Change]) -> None:
        if changes:
            difference = Difference(key, was or now, tuple(changes))
            self._database.execute("INSERT INTO difference VALUES (?, ?)", (key, pickle.dumps(difference)))

    def _changes(self, was: ArticleRow | None, row: ArticleRow) -> Iterator[Change]:
        yield from self._of_post(was.post if was else row.post, row.post, _outcome(row))
        if was:
            if not (was.post or row.post):
                yield from of_values("outcome", _outcome(was), _outcome(row))
            if was.body_key and row.body_key:
                yield from of_values("page title", was.page_title, row.page_title)
                yield from of_values("page time", was.page_date, row.page_date)

    def _of_post(self, was: str, now: str, why: str) -> Iterator[Change]:
        would_be = self._would_be(now)
        if was == now and would_be is None:
            return
        old = self._is(was) if was else None
        if not now:
            if old is not None:
                yield from of_values("removed", was, why)
        elif old is None:
            yield from of_values("new", "", now)
        else:
            yield from of_values("file name", _name(was), _name(now))
            yield from of_posts(old, would_be or self._is(now) or b"")

    # --- what lies where ---

    def _take(self, key: str) -> ArticleRow | None:
        row = self._database.execute("DELETE FROM was WHERE key = ? RETURNING value", (key,)).fetchone()
        return pickle.loads(row[0]) if row else None  # noqa: S301

    def _would_be(self, path: str) -> bytes | None:
        row = self._database.execute("SELECT value FROM post WHERE path = ?", (path,)).fetchone()
        return row[0] if row else None

    def _is(self, path: str) -> bytes | None:
        file = self.root / path
        return file.read_bytes() if file.is_file() else None


def _articles(ledger: Ledger) -> Iterator[ArticleRow]:
    last = ""
    while rows := ledger.articles_after(last, _BATCH):
        yield from rows
        last = rows[-1].key


def _outcome(row: ArticleRow) -> str:
    return f"{row.state}: {row.reason}" if row.reason not in ("", row.state) else row.state


def _name(path: str) -> str:
    return path.rpartition("/")[2]
