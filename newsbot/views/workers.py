"""Who does the costly work of a replay, judging pages and writing posts: this process, or several."""

from __future__ import annotations

import os
import sys
from collections import deque
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread
from types import ModuleType
from typing import TYPE_CHECKING, TypeVar

from newsbot import post
from newsbot.errors import WorkerLost
from newsbot.heap import keep_warm
from newsbot.shelf import PostShelf
from newsbot.views.found import Answer
from newsbot.views.judging import judged
from newsbot.views.spool import Places, Spool
from newsbot.warc.reader import fetch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any, Self

    from newsbot.shelf import Shelf
    from newsbot.views.found import Asked, Found, Place

T = TypeVar("T")

#: Answers, or posts, that a worker is given at a time.
_AT_ONCE, _POSTS_AT_ONCE = 32, 100
#: Such loads of answers, and of posts, for each worker on their way: none waits for work while the ledger is written.
#: And so many times more whose results wait for an earlier one's: a page can take seconds, and memory stays flat.
_AHEAD, _POSTS_AHEAD, _BEHIND = 3, 10, 10


@dataclass(frozen=True, slots=True)
class Draft:
    """A post that only wants the page's part."""

    path: str
    said: post.Post  #: without body and image
    page: Place


@dataclass(frozen=True, slots=True)
class Lying:
    """An Answer by the place of its record: a worker reads that for less than it takes to be sent it."""

    path: str
    offset: int
    file: str
    asked: Asked


class OneProcess:
    """Does it here, when it is asked."""

    def __init__(self, *, whole: bool = False) -> None:
        """`whole`: see Spool."""
        self.spool = Spool(whole=whole)
        self.places = Places()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.spool.close()
        self.places.close()

    def judged(self, found: Iterable[Found | Answer]) -> Iterator[Found]:
        """See judging.judged."""
        return judged(found, self.spool)

    def publish(self, drafts: Sequence[Draft], shelf: Shelf) -> None:
        """Write posts, now or until `finish`. Raises ArchiveError."""
        _publish(drafts, self.spool, shelf)

    def finish(self) -> None:
        """Wait for all posts to be written. Raises what `publish` does."""


class Workers(OneProcess):
    """Has other processes do it too. All its methods raise WorkerLost."""

    def __init__(self, jobs: int) -> None:
        """`jobs`: processes at work, this one and at least one other: it helps when all others have enough to do."""
        super().__init__()
        self._others = jobs - 1
        self._writing: deque[Future[None]] = deque()
        self._pool = ProcessPoolExecutor(
            self._others, mp_context=get_context("spawn"), initializer=_begin, initargs=(self.spool,)
        )
        with _without_main():
            for _ in range(self._others):  # they start while the first records are read
                self._pool.submit(_judge, [])

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)
        super().__exit__()

    def judged(self, found: Iterable[Found | Answer]) -> Iterator[Found]:
        """As OneProcess does, load by load in the order in which they came."""
        waiting: deque[Future[list[Found]]] = deque()
        most = _AHEAD * self._others
        for answers, others in _loads(found):
            yield from super().judged(others)
            if _under_way(waiting) < most:
                waiting.append(self._submit(_judge, [*map(_lying, answers)]))
            else:
                waiting.append(_done(list(super().judged(answers))))
            while waiting and (waiting[0].done() or len(waiting) > _BEHIND * most):
                yield from _result(waiting.popleft())
        while waiting:
            yield from _result(waiting.popleft())

    def publish(self, drafts: Sequence[Draft], shelf: Shelf) -> None:
        """As OneProcess does; the posts come to be at any time, in any order. A shelf in memory stays here."""
        most = _POSTS_AHEAD * self._others
        for start in range(0, len(drafts), _POSTS_AT_ONCE):
            some = drafts[start : start + _POSTS_AT_ONCE]
            if isinstance(shelf, PostShelf) and _under_way(self._writing) < most:
                self._writing.append(self._submit(_write, some, shelf))
            else:
                super().publish(some, shelf)
        while self._writing and self._writing[0].done():
            _result(self._writing.popleft())

    def finish(self) -> None:
        """See OneProcess."""
        while self._writing:
            _result(self._writing.popleft())

    def _submit(self, work: Callable[..., T], *of: Any) -> Future[T]:
        try:
            return self._pool.submit(work, *of)
        except BrokenProcessPool as error:
            raise _lost() from error


@contextmanager
def _without_main() -> Iterator[None]:
    """Processes that are spawned meanwhile do not import the program's main module again: Scrapy, of which a worker
    needs nothing, would be most of what it does before its first page.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _under_way(given: Iterable[Future[Any]]) -> int:
    return sum(not one.done() for one in given)


def _done(result: T) -> Future[T]:
    future: Future[T] = Future()
    future.set_result(result)
    return future


def _result(future: Future[T]) -> T:
    try:
        return future.result()
    except BrokenProcessPool as error:
        raise _lost() from error


def _lost() -> WorkerLost:
    why = "a process of --jobs was killed, perhaps for want of memory; the ledger is as it was"
    return WorkerLost(f"{why}, run it with fewer")


def _loads(found: Iterable[Found | Answer]) -> Iterator[tuple[list[Answer], list[Found]]]:
    """Answers for a worker, and what else was found on the way."""
    answers: list[Answer] = []
    others: list[Found] = []
    for one in found:
        if isinstance(one, Answer):
            answers.append(one)
        else:
            others.append(one)
        if len(answers) + len(others) >= _AT_ONCE:
            yield answers, others
            answers, others = [], []
    yield answers, others


def _lying(answer: Answer) -> Answer | Lying:
    """As it is where its record shares a gzip member with others, or lies in a WACZ: to find it again takes long."""
    record = answer.record
    if record.length and _is_file(record.file):
        return Lying(record.file, record.offset, answer.file, answer.asked)
    return answer


@lru_cache(maxsize=1)  # of one file after the other
def _is_file(path: str) -> bool:
    return Path(path).is_file()


# --- in a worker ---

_spools: list[Spool] = []  # the one that it was started with


def _begin(spool: Spool) -> None:
    keep_warm()
    _spools.append(spool)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A worker whose parent was killed would wait for work for ever."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _judge(answers: Sequence[Answer | Lying]) -> list[Found]:
    return list(judged(map(_answer, answers), _spools[0]))


def _answer(one: Answer | Lying) -> Answer:
    return Answer(fetch(Path(one.path), one.offset), one.file, one.asked) if isinstance(one, Lying) else one


def _write(drafts: Sequence[Draft], shelf: Shelf) -> None:
    _publish(drafts, _spools[0], shelf)


def _publish(drafts: Sequence[Draft], spool: Spool, shelf: Shelf) -> None:
    for draft in drafts:
        body, image = spool.body_and_image(draft.page)
        said = replace(draft.said, body=body, image=image)
        shelf.put(draft.path, post.render(said))
