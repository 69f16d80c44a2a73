"""A run's eye on what pages hold: counts them, compares with the baseline, and teaches it when the run was healthy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from newsbot.baseline import ANY, Baseline, Sums, add, merge, sums_from, told
from newsbot.errors import LedgerError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from newsbot.article import Look
    from newsbot.ledger import Ledger

#: Pages that are looked back on, and runs: half a day of a site that slowly falls silent.
RECENT_PAGES, RECENT_RUNS = 400, 50


class Watch:
    """What one run saw. Only the scheduled runs are compared, and only with those that read the same lists.

    A back-fill meets other years' pages, and addresses given by hand can be of any kind: both would only teach the
    baseline something wrong. What they saw is told all the same.
    """

    def __init__(self, run: str, kind: str, since: str) -> None:
        """`since`: the name of a run; what earlier ones taught is forgotten."""
        self._run = run
        self._kind = kind
        self._since = since
        self._lists = ""
        self._baseline = Baseline()
        self.own: Sums = {}

    def see(self, look: Look) -> None:
        """Count a look at an article."""
        add(self.own, look)

    def compare(self, ledger: Ledger, only: Sequence[str]) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
        """What a verdict tells: what was seen, the baseline, and a line for each floor that was missed.

        `only`: the lists that the run was told to read; none: the default ones.
        Raises LedgerError when an earlier run's facts cannot be read.
        """
        if self._kind != "schedule":
            return told(self.own), {}, []
        self._lists = " " + ",".join(sorted(only)) if only else ""
        try:
            for run, facts in self._earlier(ledger, "baseline", 1):
                self._baseline = Baseline.of(facts) if run >= self._since else Baseline()
            if self._baseline.since < self._since:
                self._baseline = Baseline()
            below = self._baseline.below(self.own, self._recent(ledger))
        except ValueError as error:
            raise LedgerError(
                f"what an earlier run says of its pages cannot be read ({error}); set BASELINE_SINCE to a time after it"
            ) from error
        return told(self.own), self._baseline.told(), below

    def facts(self, *, healthy: bool) -> dict[str, Any]:
        """What the run's last record says, so that later runs find it: what was seen and, if healthy, the baseline."""
        if self._kind != "schedule" or not self.own:
            return {}
        facts: dict[str, Any] = {f"substance{self._lists}": self.own}
        if healthy:
            facts[f"baseline{self._lists}"] = self._baseline.learn(self._run, self.own).facts()
        return facts

    def _recent(self, ledger: Ledger) -> list[Sums]:
        """The run's own pages, then with those of the run before it, then of the two before it …"""
        sums: Sums = {}
        merge(sums, self.own)
        growing = [sums]
        for run, facts in self._earlier(ledger, "substance", RECENT_RUNS):
            if run < (self._baseline.since or self._run):
                break
            if growing[-1].get(ANY, {}).get("read", (0, 0, 0))[0] >= RECENT_PAGES:
                break
            sums = sums_from(facts)
            merge(sums, growing[-1])
            growing.append(sums)
        return growing

    def _earlier(self, ledger: Ledger, name: str, limit: int) -> list[tuple[str, Any]]:
        """(run, this fact) of earlier runs over the same lists, the newest first."""
        return ledger.told(name + self._lists, before=self._run, limit=limit)
