"""How a process that reads page after page treats its memory: for `scrapy replay` and its workers."""

from __future__ import annotations

import ctypes
import gc

#: Of glibc's mallopt(3): when freed memory at the heap's end goes back to the system, and from which size on memory is
#: taken from the system by itself; bytes. The second cannot be larger.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = (-1, 64 * 1024 * 1024), (-3, 32 * 1024 * 1024)


def keep_warm() -> None:
    """Keep what one page needed for the next, and do not look through the modules for garbage again and again.

    glibc would else give the end of the heap back after each page and take it again for the next, a hundred page faults
    each: a tenth of the time. Elsewhere than on glibc only the second half is done.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for what, size in (_TRIM_THRESHOLD, _MMAP_THRESHOLD):
            mallopt(what, size)
    gc.collect()
    gc.freeze()
