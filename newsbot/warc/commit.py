"""Group commit: one fdatasync for all exchanges that wait, instead of one each (warc.md section 3).

An fdatasync takes about a millisecond and lets the processor rest; while one runs in the worker thread, answers go on
arriving, and the next one covers all of them.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from newsbot.errors import ArchiveError

if TYPE_CHECKING:
    from newsbot.warc.writer import Writer


#: Seconds to wait for company before a sync. An answer takes hundreds of times as long to come; a busy crawl needs half
#: the syncs and a quarter of the changes between threads for it.
GATHER = 0.01


class GroupCommit:
    """Waits on behalf of everyone who appended to `writer`; for one event loop, that of the appends."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._waiting: list[asyncio.Future[None]] = []
        self._syncing: asyncio.Task[None] | None = None
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="fdatasync")

    async def durable(self) -> None:
        """Return when everything appended before this call is on disk, or at once with durability `none`.

        Raises ArchiveError when it could not be made durable; every other waiter gets the same.
        """
        if self._writer.durability == "none":
            return
        if self._writer.durability == "record":
            self._writer.sync()
            return
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        if self._syncing is None:
            self._syncing = asyncio.create_task(self._sync())
        await waiter

    def close(self) -> None:
        """End the worker thread; call when nobody waits any more."""
        self._worker.shutdown()

    async def _sync(self) -> None:
        """Sync until nobody waits. Who comes while a sync runs has appended too late for it and waits for the next."""
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                await asyncio.sleep(GATHER)
                released, self._waiting = self._waiting, []
                failure: ArchiveError | None = None
                try:
                    await loop.run_in_executor(self._worker, self._writer.sync)
                except ArchiveError as error:
                    failure = error
                for waiter in released:
                    _release(waiter, failure)
        finally:
            self._syncing = None


def _release(waiter: asyncio.Future[None], failure: ArchiveError | None) -> None:
    if waiter.done():  # its download was cancelled meanwhile
        return
    if failure is None:
        waiter.set_result(None)
    else:
        waiter.set_exception(ArchiveError(str(failure)))
