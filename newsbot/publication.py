"""What an article's row says of its post: whether it has one, under which name, with which title, channel and date.

Functions of rows alone, so that whoever asks, and in whatever order, is told the same.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from newsbot import post, text
from newsbot.article import REASONS
from newsbot.ledger.rows import first_of
from newsbot.shelf import PLACE
from newsbot.sina import channels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from newsbot.ledger import ArticleRow

#: A title that ends like a suffixed file name is always suffixed, so that no plain name can ever meet a suffixed one.
_LIKE_A_SUFFIX = re.compile(r"-(?:[a-z]{7}\d{7}|\d+@[a-z0-9.-]+|[0-9a-f]{16})$")


def standing(row: ArticleRow, twins: Sequence[ArticleRow]) -> tuple[str, str, str]:
    """(state, reason, folded plain name) that follow from a row's facts; the name is '' when there is no post.

    `twins` have the same address: one article, which came under several keys. Once the first of them is captured, those
    that no list has shown have no post of their own.
    """
    if withdrawal := next((one.withdrawal for one in (row, *twins) if one.withdrawal), ""):
        return "withdrawn", withdrawal, ""
    if twins and not row.channel and (first := first_of((row, *twins))) is not row and first.body_key:
        return "merged", first.key, ""
    if row.body_key:
        return _published(row)
    if not row.look_key:
        return "listed", "", ""
    if row.look_reason == "gone":
        return "gone", "gone", ""
    return ("refused" if REASONS[row.look_reason] else "failed"), row.look_reason, ""


def _published(row: ArticleRow) -> tuple[str, str, str]:
    if not title_of(row):
        return "refused", "no-title", ""
    if not (row.date or row.page_date):
        return "refused", "no-time", ""
    return "published", "", post.fold(f"{_folder(row)}/{post.file_name(title_of(row), row.key)}")


def title_of(row: ArticleRow) -> str:
    """The list's title, else the page's, as they came; '' when neither leaves anything of itself in a TITLE."""
    return next((title for title in (row.title, row.page_title) if post.title_text(title)), "")


def path_of(row: ArticleRow, others: Sequence[ArticleRow]) -> str:
    """Plain name for the article that was captured first of those that share it, `-<key>` for every other."""
    first = all((row.first_key, row.key) < (other.first_key, other.key) for other in others)
    plain = first and not _LIKE_A_SUFFIX.search(post.stem(title_of(row), row.key))
    return f"{_folder(row)}/{post.file_name(title_of(row), row.key, suffixed=not plain)}"


def _folder(row: ArticleRow) -> str:
    return f"{PLACE}/{channel_of(row)}"


def channel_of(row: ArticleRow) -> str:
    """The post name of the row's channel; an article that no list showed is in the catch-all one."""
    return channels.post_name(row.channel) if row.channel else channels.ROLL


def post_of(row: ArticleRow, body: str, image: str) -> post.Post:
    """The post with this BODY and image."""
    return post.Post(
        title=title_of(row),
        channel=channel_of(row),
        date=text.unstamp(row.date or row.page_date),
        image=image,
        body=body,
    )


def face(row: ArticleRow) -> tuple[str, str, str]:
    """What a list decides about a post."""
    return (row.title, row.date, row.channel)
