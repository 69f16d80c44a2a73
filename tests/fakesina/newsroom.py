"""The articles of the fake site and its clock: adding, editing, deleting, and what a crawl should find."""

from __future__ import annotations

import threading
import time
import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from . import articles
from .stories import Expected, Story


class Newsroom:
    """All methods may be called from any thread, also while a crawl runs. See Site for the arguments."""

    def __init__(self, now: datetime, count: int, seed: int, *, troubles: bool) -> None:
        self.began = now.astimezone(UTC)
        self.seed = seed
        self.lists_given = 0  #: list answers so far, failures left out
        self._zero = time.monotonic()
        self._lock = threading.RLock()
        self._stories: dict[str, Story] = {}
        self._homes: dict[str, str] = {}  # host and path of a page → docid
        self._invented = count
        for story in articles.cast(self.began, count, seed, troubles=troubles):
            self.add(story)

    def now(self) -> datetime:
        """The site's time, UTC: runs with the system's monotonic clock."""
        return self.began + timedelta(seconds=time.monotonic() - self._zero)

    def advance(self, by: timedelta) -> None:
        """Set the clock forward."""
        self.began += by

    def invent(self, variant: str = "plain", *, age: timedelta = timedelta(0), **fields: Any) -> Story:
        """A new story of this variant (articles.EVERY), created `age` before now; `fields` of Story as wished.

        It is not served until `add`. Raises KeyError for an unknown variant.
        """
        with self._lock:
            number, self._invented = self._invented, self._invented + 1
        return replace(articles.invent(number, self.seed, self.now() - age, articles.EVERY[variant]), **fields)

    def add(self, story: Story, *, after: timedelta | None = None, after_lists: int = 0) -> Story:
        """Serve a story's page, and list it: at once, `after` a time of the site's clock, or so many list answers.

        Gives the story as it is kept: with `after` its `intime` is the time of that entry.
        """
        with self._lock:
            if after is not None:
                entry = self.now() + after
                story = replace(story, appears=entry, intime=entry.replace(microsecond=0))
            if after_lists:
                story = replace(story, appears_after=self.lists_given + after_lists)
            self._stories[story.docid] = story
            self._homes[place(story.url)] = self._homes[place(story.home or story.url)] = story.docid
        return story

    def serve_page(
        self,
        url: str,
        body: bytes,
        *,
        title: str,
        created: datetime,
        docid: str,
        intime: datetime | None = None,
        **fields: Any,
    ) -> Story:
        """Serve these bytes as the page of `url`, and list it with this title and these times, in 2519 and 1686.

        `intime` is `created` when left out; `fields` of Story as wished (`lids`, `content_type`, `list_title` …).
        """
        shape: dict[str, Any] = {"lids": (1686, 2519), "variant": "given", "seed": zlib.crc32(docid.encode()), **fields}
        entered = intime or created
        return self.add(Story(docid=docid, url=url, title=title, page=body, created=created, intime=entered, **shape))

    def change(self, key: str, **fields: Any) -> Story:
        """Set fields of a story without a sign of an edit: an `intime` that drifts, other `lids`."""
        with self._lock:
            return self.add(replace(self._stories[key], **fields))

    def edit(self, key: str, **fields: Any) -> Story:
        """Edit an article now: its page says so, `mtime` moves. A paragraph is added; `fields` change as wished."""
        stamp = {"updated": self.now().replace(microsecond=0), "revision": self._stories[key].revision + 1}
        return self.change(key, **(stamp | fields))

    def remove(self, key: str, *, listed: bool = False, soft: bool = False) -> Story:
        """Delete an article: its page is a 404 from now on (`soft`: with status 200); lists drop it unless `listed`."""
        return self.change(key, missing="soft-404" if soft else "404", outcome="gone", hidden=not listed)

    def story(self, key: str) -> Story:
        """The story with this key, as it is now. Raises KeyError."""
        return self._stories[key]

    def at(self, address: str) -> Story | None:
        """The story whose page lies, or once lay, at this host and path."""
        return self._stories.get(self._homes.get(address, ""))

    def has(self, key: str) -> bool:
        """Is there a story with this key?"""
        return key in self._stories

    def in_lists(self) -> list[Story]:
        """The stories that lists show at this moment, newest first."""
        now, given = self.now(), self.lists_given
        with self._lock:
            found = [story for story in self._stories.values() if has_entered(story, now, given)]
        return sorted(found, key=lambda story: story.created, reverse=True)

    def listed(self) -> list[Expected]:
        """What a crawl should end with for each article that stands in lists now, newest first."""
        return [
            Expected(story.docid, "https://" + place(story.url), story.title, story.outcome, story.variant)
            for story in self.in_lists()
        ]


def has_entered(story: Story, now: datetime, given: int) -> bool:
    """Is the story in its lists now, when so many list answers have been given?"""
    return not story.hidden and story.appears_after <= given and (story.appears is None or story.appears <= now)


def place(url: str) -> str:
    """Host and path of a URL: what a page is found by, whatever its scheme and query."""
    parts = urlsplit(url)
    return f"{parts.netloc.lower()}{parts.path}"
