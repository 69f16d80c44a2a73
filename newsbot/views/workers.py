"""Who does the costly work of a replay, judging pages and writing posts: this process, or several."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from multiprocessing import get_context
from typing import TYPE_CHECKING, TypeVar

from newsbot import post
from newsbot.errors import WorkerLost
from newsbot.heap import keep_warm
from newsbot.shelf import PostShelf
from newsbot.views.found import Answer
from newsbot.views.judging import judged
from newsbot.views.spool import Spool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any, Self

    from newsbot.shelf import Shelf
    from newsbot.views.found import Found, Place

T = TypeVar("T")

#: Answers that a worker is given at a time, or fewer when they come to so many bytes; posts.
_AT_ONCE, _BYTES_AT_ONCE, _POSTS_AT_ONCE = 32, 8 * 1024 * 1024, 100
#: Such loads for each worker on their way: none waits for work, and memory stays flat.
_AHEAD = 3


@dataclass(frozen=True, slots=True)
class Draft:
    """A post that only wants the page's part."""

    path: str
    said: post.Post  #: without body and image
    page: Place


class OneProcess:
    """Does it here, when it is asked."""

    def __init__(self) -> None:
        self.spool = Spool()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.spool.close()

    def judged(self, found: Iterable[Found | Answer]) -> Iterator[Found]:
        """See judging.judged."""
        return judged(found, self.spool)

    def publish(self, drafts: Sequence[Draft], shelf: Shelf) -> None:
        """Write posts, now or until `finish`. Raises ArchiveError."""
        _publish(drafts, self.spool, shelf)

    def finish(self) -> None:
        """Wait for all posts to be written. Raises what `publish` does."""


class Workers(OneProcess):
    """Has other processes do it. All its methods raise WorkerLost."""

    def __init__(self, jobs: int) -> None:
        super().__init__()
        self._most = _AHEAD * jobs
        self._writing: deque[Future[None]] = deque()
        self._pool = ProcessPoolExecutor(
            jobs, mp_context=get_context("spawn"), initializer=_begin, initargs=(self.spool,)
        )
        for _ in range(jobs):  # they start while the first records are read
            self._pool.submit(_judge, [])

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)
        super().__exit__()

    def judged(self, found: Iterable[Found | Answer]) -> Iterator[Found]:
        """As OneProcess does, load by load in the order in which they came."""
        waiting: deque[Future[list[Found]]] = deque()
        for answers, others in _loads(found):
            yield from super().judged(others)
            waiting.append(self._submit(_judge, answers))
            if len(waiting) > self._most:
                yield from _result(waiting.popleft())
        while waiting:
            yield from _result(waiting.popleft())

    def publish(self, drafts: Sequence[Draft], shelf: Shelf) -> None:
        """As OneProcess does; the posts come to be at any time, in any order. A shelf in memory stays here."""
        if not isinstance(shelf, PostShelf):
            super().publish(drafts, shelf)
            return
        for start in range(0, len(drafts), _POSTS_AT_ONCE):
            self._writing.append(self._submit(_write, drafts[start : start + _POSTS_AT_ONCE], shelf))
            if len(self._writing) > self._most:
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
    size = 0
    for one in found:
        if isinstance(one, Answer):
            answers.append(one)
            size += len(one.record.block)
        else:
            others.append(one)
        if len(answers) + len(others) >= _AT_ONCE or size >= _BYTES_AT_ONCE:
            yield answers, others
            answers, others, size = [], [], 0
    yield answers, others


# --- in a worker ---

_spools: list[Spool] = []  # the one that it was started with


def _begin(spool: Spool) -> None:
    keep_warm()
    _spools.append(spool)


def _judge(answers: Sequence[Answer]) -> list[Found]:
    return list(judged(answers, _spools[0]))


def _write(drafts: Sequence[Draft], shelf: Shelf) -> None:
    _publish(drafts, _spools[0], shelf)


def _publish(drafts: Sequence[Draft], spool: Spool, shelf: Shelf) -> None:
    for draft in drafts:
        article = spool.get(draft.page)
        said = replace(draft.said, body=article.body, image=article.headimg)
        shelf.put(draft.path, post.render(said))
