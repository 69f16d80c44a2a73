"""The end of a run: what it counted, its last record, the verdict; then everything is closed."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from newsbot import health
from newsbot.archive import write_verdict
from newsbot.errors import ArchiveError, NewsbotError
from newsbot.text import stamp

if TYPE_CHECKING:
    from newsbot.crawl.run import Run

logger = logging.getLogger(__name__)

#: Holes that a verdict names one by one; the ledger has them all.
NAMED_HOLES = 100


def finish(run: Run) -> health.Verdict:
    """Sum up, write the last record and the verdict, close everything. Call once.

    Each step is tried, whatever became of those before: neither a full disk nor a mistake of ours may keep the verdict
    from being told.
    """
    for step in (_settle, _sum_up, _compare, _note, _close, _flush, _tell, type(run).close):
        try:
            step(run)
        except ArchiveError as error:
            run.facts.unwritable = run.facts.unwritable or str(error)
        except NewsbotError as error:
            run.facts.errors.append(str(error))
        except Exception as error:
            logger.exception("at the end of the run")
            words = f"{type(error).__name__}: {error}; {run.facts.log or 'the log'} has the whole story"
            run.facts.errors.append(words)
    return health.judge(run.facts)


def _settle(run: Run) -> None:
    """Articles of which a failed answer was the last word."""
    for key in sorted(run.hearing.unsettled):
        run.desk.settle(key)


def _sum_up(run: Run) -> None:
    facts, ended = run.facts, run.clock()
    facts.ended = stamp(ended)
    facts.seconds = (ended - run.began).total_seconds()
    facts.listed = len(run.lists.shown)
    facts.outdated = list(run.desk.outdated.values())
    facts.requisites = run.wants.tally.facts(run.wants.left())
    facts.slow = run.hosts.slow()
    facts.peak_mb = health.peak_mb()
    if run.options.kind == "urls":
        facts.holes_left = len(facts.holes)
        return
    why = facts.holes
    facts.holes = {row.url: why.get(row.url) or row.reason or "not asked yet" for row in run.ledger.holes(NAMED_HOLES)}
    counts = run.ledger.counts()
    facts.holes_left = counts.get("listed", 0) + counts.get("failed", 0)


def _compare(run: Run) -> None:
    """What the pages held, against what earlier ones did."""
    run.facts.substance, run.facts.baseline, run.facts.below = run.watch.compare(run.ledger, run.lists.only)


def _note(run: Run) -> None:
    """The run's last record."""
    if run.facts.unwritable:
        return
    verdict = health.judge(run.facts)
    facts = {"run": run.name, "ended": run.facts.ended, "exit_code": verdict.exit_code, "verdict": verdict.line}
    facts |= run.watch.facts(healthy=verdict.exit_code in {health.OK, health.HOLES})
    run.keeping.writer.note(f"urn:newsbot:run:{run.name}", facts)
    run.keeping.writer.sync()
    run.ledger.note_run(run.name, facts)


def _close(run: Run) -> None:
    """Close the WARC file; when the ledger knows all that this run's files hold, say so."""
    run.keeping.close()
    if run.facts.unwritable or run.facts.errors:  # then it may lack something: the next start reads them
        return
    for file in run.keeping.writer.files:
        if (path := run.archive.root / file).exists():  # else it was moved away meanwhile
            run.ledger.mark_absorbed(file, path.stat().st_size)


def _flush(run: Run) -> None:
    run.ledger.flush()


def _tell(run: Run) -> None:
    told = health.report(run.facts, health.judge(run.facts))
    write_verdict(run.archive, run.began, told | {"archive": run.archive.name})
