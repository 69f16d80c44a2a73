"""Articles of several pages: each page is a capture of its own, and the post shows them as one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from newsbot.article import Article, Capture

if TYPE_CHECKING:
    from collections.abc import Callable

    from newsbot.article import Refusal
    from newsbot.ledger import Ledger


def joined(first: Article, ledger: Ledger, fetch: Callable[[Capture], Article | Refusal]) -> Article:
    """`first` with the bodies of its other pages behind its own, by the newest capture of each that shows one.

    What was not captured yet, or is no article, is left out; when it comes the article is settled again.
    """
    pages = [page for url in first.parts if (page := _page(url, ledger, fetch))]
    if not pages:
        return first
    images = [image for page in (first, *pages) for image in page.images]
    body = "\n".join([first.body, *(page.body for page in pages)])
    return replace(first, body=body, images=tuple(images), headimg=first.headimg or (images[0].url if images else ""))


def _page(url: str, ledger: Ledger, fetch: Callable[[Capture], Article | Refusal]) -> Article | None:
    """The newest capture that is a page: one that was taken away since stays in the post, as a first page does."""
    pages = (fetch(capture) for capture in captures_of(url, ledger))
    return next((page for page in pages if isinstance(page, Article)), None)


def captures_of(url: str, ledger: Ledger) -> list[Capture]:
    """The captures of a further page that show something else than the one before, the newest first."""
    return [Capture(one.record_id, one.date, one.url, 200, one.file, one.offset) for one in ledger.answers_at(url)]
