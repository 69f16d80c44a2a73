"""Every exception newsbot raises, and when.

    NewsbotError                      exit code 1: the command could not run
    ├── BadInput                      an argument, setting or file from the user makes no sense
    │   ├── UnknownChannel            a channel name that channels.py does not hold
    │   ├── BadUsage                  exit code 2: an option or argument that does not exist or does not go with another
    │   ├── UnreadableDate            -a since / -a until that is no date
    │   └── NotAWarc                  a path that is no WARC file
    ├── Locked                        another run of the same kind is at work on this archive
    ├── LedgerError                   the ledger cannot be used
    │   ├── LedgerBusy                another process has been writing for too long
    │   └── LedgerTooNew              its schema is newer than this program
    ├── OutputError                   a file that the user asked for (`wacz OUT`) could not be written
    ├── RecordError                   one WARC record cannot be read; carries file and offset
    ├── WorkerLost                    a process of `--jobs` ended before its work
    ├── CaptureBroken                 the wire tee no longer agrees with Scrapy: stop, do not archive lies
    └── ArchiveError                  exit code 5: the archive could not be written (disk full, read-only)

A message names the thing, the place and the next step, on one line. A page that is no article is not an error but a
value: `article.Refusal`.
"""

from __future__ import annotations


class NewsbotError(Exception):
    """Base of all; `exit_code` is the contract's code of a command that ends with it."""

    exit_code = 1


class BadInput(NewsbotError):
    """An argument, a setting or a file given by the user makes no sense."""


class UnknownChannel(BadInput):
    """A channel name that `sina.channels` does not hold."""


class BadUsage(BadInput):
    """An option or argument that does not exist, or does not go with another."""

    exit_code = 2


class UnreadableDate(BadInput):
    """A text for `since` or `until` that is no date."""


class NotAWarc(BadInput):
    """A path given as a WARC file is something else."""


class Locked(NewsbotError):
    """Another run of the same kind holds the job."""


class LedgerError(NewsbotError):
    """The ledger cannot be opened, read or written."""


class LedgerBusy(LedgerError):
    """Another process's transaction takes longer than we wait."""


class LedgerTooNew(LedgerError):
    """The ledger's schema is newer than this program."""


class OutputError(NewsbotError):
    """A file outside the archive that the user asked for could not be written: disk full, no permission."""


class RecordError(NewsbotError):
    """One WARC record cannot be read: `file` and `offset` (bytes) say where."""

    def __init__(self, message: str, *, file: str, offset: int) -> None:
        super().__init__(f"{file} at offset {offset}: {message}")
        self.file = file
        self.offset = offset


class WorkerLost(NewsbotError):
    """A process that was to read pages is gone: killed, or out of memory."""


class CaptureBroken(NewsbotError):
    """What would be archived is not what Scrapy returned: Twisted's private names have probably changed."""

    @classmethod
    def changed(cls, what: object) -> CaptureBroken:
        """The error for `what`, in one line, that no longer is as wire.py needs it."""
        return cls(f"{what}: Scrapy or Twisted has changed, install the versions of requirements.txt")


class ArchiveError(NewsbotError):
    """The archive could not be written: disk full, read-only, no permission."""

    exit_code = 5
