"""The ledger's tables (design.md, "The ledger is memory, not truth").

Archival tables follow from the WARC files and come back with `scrapy replay`; operational ones (leases, jobs, hosts,
files taken in) start empty. Times are `text.stamp` (UTC, six digits of a second), keys are `article.Key`; all text is
compared by its bytes, on PostgreSQL too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, MetaData, String, Table, text
from sqlalchemy.dialects.postgresql import TEXT

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Grows with every change of these tables; `opening` refuses or migrates other ones.
VERSION = 3

#: Text that compares by its bytes: PostgreSQL would sort by the locale.
TEXT_BY_BYTES = String().with_variant(TEXT(collation="C"), "postgresql")

#: Articles that wait to be asked, and all others. Each has a partial index of the same words (SQLite wants just these):
#: an index on every state would tempt SQLite to sort all that are due where it can read the newest ones.
DUE = text("state IN ('failed', 'listed')")
DONE = text("state NOT IN ('failed', 'listed')")

metadata = MetaData()


def _text(name: str, **options: Any) -> Column[str]:
    return Column(name, TEXT_BY_BYTES, nullable=False, server_default="", **options)


def _texts(*names: str) -> Iterator[Column[str]]:
    return map(_text, names)


#: One row an article. Each group of columns is chosen by the key before it: the smallest or the largest that gives one.
article = Table(
    "article",
    metadata,
    _text("key", primary_key=True),
    *_texts("url_key", "url"),  # smallest
    *_texts("date_key", "date"),  # smallest of a list that has an intime
    *_texts("channel_key", "channel"),  # smallest of a list
    *_texts("title_key", "title", "ctime", "mtime"),  # largest of a list that has a title
    *_texts("page_date_key", "page_date"),  # smallest of a page that has a time
    _text("first_key"),  # smallest of a page that is an article
    *_texts("body_key", "body_record", "page_title"),  # largest of a page that is an article
    *_texts("look_key", "look_outcome", "look_reason", "look_evidence"),  # largest of any look
    *_texts("withdrawal_key", "withdrawal"),  # largest of the operator's words: why it is withdrawn, '' when it is not
    Column("state", TEXT_BY_BYTES, nullable=False, server_default="listed"),  # what follows from them (desk.settle) …
    *_texts("reason", "post", "name", "tombstone"),  # … with these
    Index("article_by_date", "date"),
    Index("article_by_name", "name"),
    Index("article_by_post", "post"),
    # A hash: PostgreSQL's B-trees refuse values above 2,704 bytes, and URLs may be longer.
    Index("article_by_url", "url", postgresql_using="hash"),
)
Index("article_due", article.c.ctime.desc(), article.c.key, article.c.state, sqlite_where=DUE, postgresql_where=DUE)
Index("article_done", article.c.state, sqlite_where=DONE, postgresql_where=DONE)

capture = Table(
    "capture",
    metadata,
    _text("record_id", primary_key=True),
    *_texts("key", "article", "url"),
    Column("status", Integer, nullable=False),
    *_texts("refers_to", "outcome", "reason", "evidence", "title", "time", "updated", "digest", "text_digest", "file"),
    Column("offset", BigInteger, nullable=False),  # bytes; WARC files may be larger than 2 GiB
    Index("capture_by_article", "article", "key"),
)

#: Answers that a revisit record may stand for.
original = Table(
    "original",
    metadata,
    _text("record_id", primary_key=True),
    *_texts("url", "date", "digest", "etag", "last_modified", "file"),
    Column("offset", BigInteger, nullable=False),  # bytes
    Index("original_by_digest", "digest"),
    Index("original_by_url", "url", postgresql_using="hash"),
)

#: Page requisites that were asked for, and how the newest request ended.
requisite = Table(
    "requisite",
    metadata,
    _text("url", primary_key=True),
    *_texts("kind", "key"),
    Column("status", Integer, nullable=False),
    _text("reason"),
    sqlite_with_rowid=False,
)

listed = Table(
    "listed",
    metadata,
    _text("article", primary_key=True),
    _text("list", primary_key=True),
    *_texts("first_key", "ctime"),  # of the smallest key
    sqlite_with_rowid=False,
)

#: Items of the live feed, by the newest answer that shows them.
flash = Table(
    "flash",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    *_texts("key", "created", "updated", "article", "url"),
    Column("deleted", Boolean, nullable=False),
)

window = Table(
    "window",
    metadata,
    _text("key", primary_key=True),
    *_texts("list", "high"),
    Column("complete", Boolean, nullable=False),
    _text("facts"),
    Index("window_by_list", "list", "high"),
)

run = Table("run", metadata, _text("run", primary_key=True), _text("name", primary_key=True), _text("value"))

#: What the WARC files say, in the order of `dump`.
ARCHIVAL = (article, capture, flash, listed, original, requisite, run, window)

lease = Table(
    "lease",
    metadata,
    _text("article", primary_key=True),
    *_texts("owner", "expires", "not_before"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Index("lease_by_owner", "owner"),
    sqlite_with_rowid=False,
)

#: Page requisites to ask for. No lease of its own table: a row goes when it is done.
wanted = Table(
    "wanted",
    metadata,
    _text("url", primary_key=True),
    *_texts("kind", "of", "referer", "since", "owner", "expires", "not_before"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Index("wanted_by_since", "since", "url"),
    Index("wanted_by_owner", "owner"),
    sqlite_with_rowid=False,
)

job = Table(
    "job",
    metadata,
    _text("kind", primary_key=True),
    *_texts("run", "holder", "begun", "expires"),
    sqlite_with_rowid=False,
)

host = Table(
    "host",
    metadata,
    _text("name", primary_key=True),
    Column("next_at", BigInteger, nullable=False, server_default="0"),  # microseconds since 1970: counted with in SQL
    _text("rest_until"),
    Column("strikes", Integer, nullable=False, server_default="0"),
    sqlite_with_rowid=False,
)

warcfile = Table(
    "warcfile",
    metadata,
    _text("file", primary_key=True),
    Column("size", BigInteger, nullable=False),  # bytes; 0 while it is being written
    _text("run"),  # that writes it; '' when the views know it whole
    sqlite_with_rowid=False,
)

version = Table("newsbot_schema", metadata, Column("version", Integer, primary_key=True))
