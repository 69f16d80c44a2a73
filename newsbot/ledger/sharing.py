"""What processes share: one job of a kind at a time, turns at a host and its rests, the files already taken in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, bindparam, case, delete, select, update
from sqlalchemy import literal_column as literal

from newsbot.errors import Locked
from newsbot.ledger.schema import host, job, warcfile
from newsbot.ledger.statement import BLANK, Backend, Insert, Statement, either, parameters, put, put_new
from newsbot.ledger.work import FARTHEST, Worklist
from newsbot.text import stamp, unstamp

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.sql.dml import ReturningInsert

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

#: Turns that may be taken ahead of time; a process has some ten requests in flight.
LONGEST_QUEUE = 1000


def _turn(backend: Backend) -> ReturningInsert[Any]:
    """Move a host's next turn on; one statement, so that no two processes see the same one."""
    now, interval = bindparam("now", type_=BigInteger), bindparam("interval", type_=BigInteger)
    row = backend.insert(host).values(name=bindparam("name"), next_at=now + interval)
    queued = (host.c.next_at > now) & (host.c.next_at <= now + interval * literal(str(LONGEST_QUEUE)))
    begin = case((queued, host.c.next_at), else_=now)  # what is further off was noted by a clock that was ahead
    return row.on_conflict_do_update(index_elements=["name"], set_={"next_at": begin + interval}).returning(
        host.c.next_at
    )


def _idle(backend: Backend) -> ReturningInsert[Any]:
    """The same, but only where nobody waits; else nothing is returned."""
    now, interval = bindparam("now", type_=BigInteger), bindparam("interval", type_=BigInteger)
    row = backend.insert(host).values(name=bindparam("name"), next_at=now + interval)
    ahead = host.c.next_at > now + interval * literal(str(LONGEST_QUEUE))
    return row.on_conflict_do_update(
        index_elements=["name"], set_={"next_at": now + interval}, where=(host.c.next_at <= now) | ahead
    ).returning(host.c.next_at)


def _rest(backend: Backend) -> Insert:
    """Two processes may hear the site's no: the longer rest holds."""
    row = backend.insert(host).values(parameters(("name", "rest_until", "strikes")))
    longer = row.excluded.rest_until > host.c.rest_until
    more = row.excluded.strikes > host.c.strikes
    chosen = either(longer, row, ["rest_until"]) | either(more, row, ["strikes"])
    return row.on_conflict_do_update(index_elements=["name"], set_=chosen)


_HOLDER = Statement(select(job.c.run, job.c.holder, job.c.begun, job.c.expires).where(job.c.kind == bindparam("kind")))
_TAKE_JOB = put(job, job.c.keys())
_MINE = (job.c.kind == bindparam("of")) & (job.c.run == bindparam("by"))
_RENEW_JOB = Statement(update(job).where(_MINE).values(parameters(["expires"])))
_END_JOB = Statement(delete(job).where(_MINE))
_TURN = Statement(_turn)
_IDLE = Statement(_idle)
_NEXT = Statement(select(host.c.next_at).where(host.c.name == bindparam("name")))
_REST = Statement(_rest)
_HOST = Statement(select(host.c.rest_until, host.c.strikes).where(host.c.name == bindparam("name")))
_FORGIVE = Statement(
    update(host)
    .where(host.c.name == bindparam("of"), host.c.rest_until <= bindparam("now"))
    .values(rest_until=BLANK, strikes=bindparam("strikes"))
)
_ABSORBED = Statement(select(warcfile.c.file, warcfile.c.size).where(warcfile.c.run == BLANK))
_CLAIM = put_new(warcfile, warcfile.c.keys())
_WRITTEN = Statement(
    select(warcfile.c.file)
    .join_from(warcfile, job, warcfile.c.run == job.c.run)
    .where(job.c.expires > bindparam("now"))
)
_ABSORB = put(warcfile, warcfile.c.keys())


class Sharing(Worklist):
    """Jobs of runs, rests and turns of hosts, files taken in."""

    def take_job(  # noqa: PLR0917 - who, what and until when
        self, kind: str, run: str, holder: str, now: datetime, seconds: float, alive: Callable[[str], bool | None]
    ) -> None:
        """Become the one run of this kind; Locked when another holds the job and is not known to be dead.

        `alive(holder)` says True, False, or None for not known. A dead run's leases are given back.
        """
        with self.transaction():  # alone: of two that find no row, the second waits and then finds the first's
            for other, its_holder, begun, expires in self._rows(_HOLDER, kind=kind):
                if stamp(now) < expires <= stamp(now + FARTHEST) and alive(its_holder) is not False:
                    raise Locked(
                        f"another {kind} run is at work: {other} of {its_holder}, since {begun}; "
                        f"wait for it, or until its lease ends at {expires}"
                    )
                self.release_all(other)
            row = {"kind": kind, "run": run, "holder": holder, "begun": stamp(now)}
            self._run(_TAKE_JOB, row | {"expires": stamp(now + timedelta(seconds=seconds))})

    def renew_job(self, kind: str, run: str, now: datetime, seconds: float) -> bool:
        """Keep the job; False when it is another's by now, because it was not renewed in time."""
        return self._run(_RENEW_JOB, {"of": kind, "by": run, "expires": stamp(now + timedelta(seconds=seconds))}) == 1

    def end_job(self, kind: str, run: str) -> None:
        """Give the job back."""
        self._run(_END_JOB, {"of": kind, "by": run})

    def rest(self, name: str, until: datetime, strikes: int) -> None:
        """Note that a host rests, and how often in a row it said no."""
        self._run(_REST, {"name": name, "rest_until": stamp(until), "strikes": strikes})

    def resting(self, name: str, now: datetime) -> datetime | None:
        """Until when a host rests, None when it does not."""
        until = next((until for until, _ in self._rows(_HOST, name=name)), "")
        return unstamp(until) if until > stamp(now) else None

    def strikes(self, name: str) -> int:
        """How often in a row the host said no."""
        return next((strikes for _, strikes in self._rows(_HOST, name=name)), 0)

    def forgive(self, name: str, now: datetime) -> None:
        """The host answers again: its next no counts as the first. One that rests now, by another's word, goes on."""
        self._run(_FORGIVE, {"of": name, "strikes": 0, "now": stamp(now)})

    def reserve(self, name: str, now: datetime, interval: float) -> datetime:
        """The moment at which the caller may ask the host; whoever comes next waits `interval` seconds longer."""
        step = round(interval * 1_000_000)
        rows = self._rows(_TURN, name=name, now=(now - _EPOCH) // _MICROSECOND, interval=step)
        following: int = rows[0][0]
        return _EPOCH + (following - step) * _MICROSECOND

    def reserve_idle(self, name: str, now: datetime, interval: float) -> datetime:
        """`now` when nobody has a turn ahead of the caller, who has it then; else when to ask again."""
        row = {"name": name, "now": (now - _EPOCH) // _MICROSECOND, "interval": round(interval * 1_000_000)}
        if self._rows(_IDLE, **row):
            return now
        next_at: int = self._rows(_NEXT, name=name)[0][0]
        return max(_EPOCH + next_at * _MICROSECOND, now + _MICROSECOND)

    def absorbed(self) -> dict[str, int]:
        """WARC files that the views know whole: path in the archive → size in bytes."""
        return dict(self._rows(_ABSORBED))

    def mark_absorbed(self, file: str, size: int) -> None:
        """The views know all that this file holds."""
        self._run(_ABSORB, {"file": file, "size": size, "run": ""})

    def claim_file(self, file: str, run: str) -> None:
        """A run has begun this file: as long as it lives, it tells the views itself what the file holds."""
        self._run(_CLAIM, {"file": file, "size": 0, "run": run})

    def being_written(self, now: datetime) -> set[str]:
        """The files of runs that live, closed ones too."""
        return set(self._column(_WRITTEN, now=stamp(now)))
