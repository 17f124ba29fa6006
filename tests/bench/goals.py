"""The limits that were set, and what was measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tests.bench import scene
from tests.bench.measure import Median
from tests.bench.scene import Row, Size


@dataclass(frozen=True)
class Goal:
    """A ratio that should be at most `limit`; None where it was not measured."""

    what: str
    limit: float
    measured: float | None

    @property
    def verdict(self) -> str:
        """One word on it."""
        if self.measured is None:
            return "not measured"
        return "kept" if self.measured <= self.limit else "missed"


def goals(startup: Sequence[Row], sizes: Mapping[int, Size]) -> list[Goal]:
    """All of them, measured or not."""

    def ratio(what: str, limit: float, pods: int, name: str, base: str, of: Callable[[Median], float] = _time) -> Goal:
        size = sizes.get(pods)
        return Goal(what, limit, of(size.median(name)) / of(size.median(base)) if size else None)

    def growth(what: str, limit: float, of: Callable[[Median], float]) -> Goal:
        less, more = sizes.get(10_000), sizes.get(50_000)
        both = less and more and of(more.median(scene.STATUS)) / of(less.median(scene.STATUS))
        return Goal(f"`status -A`, from 10,000 to 50,000 pods: {what}", limit, both or None)

    size = sizes.get(10_000)
    floor = size and scene.floor(size.rows, scene.STATUS)
    over_floor = size.median(scene.STATUS).seconds / floor if size and floor else None
    times = {row.name: row.median.seconds for row in startup}
    found = [
        ratio("10,000 pods: `status -A`, time : `kubectl get pods -A`", 0.13, 10_000, scene.STATUS, scene.GET_ALL),
        ratio(
            "10,000 pods: `status -A`, peak memory : `kubectl get pods -A`",
            0.08,
            10_000,
            scene.STATUS,
            scene.GET_ALL,
            _memory,
        ),
        Goal("10,000 pods: `status -A`, time : the floor", 2.0, over_floor),
        ratio("50,000 pods: `status -A`, time : `kubectl get pods -A`", 0.09, 50_000, scene.STATUS, scene.GET_ALL),
        ratio(
            "50,000 pods: `status -A`, peak memory : `kubectl get pods -A`",
            0.03,
            50_000,
            scene.STATUS,
            scene.GET_ALL,
            _memory,
        ),
        growth("time", 5.2, _time),
        growth("peak memory", 1.5, _memory),
        ratio("`disable pods` of 1,000, time : `kubectl label`", 0.3, 10_000, scene.DISABLE, scene.UNLABEL),
        ratio("`explain pod`, time : `kubectl get pod`", 3.0, 10_000, scene.EXPLAIN, scene.GET_POD),
        ratio("`status -n`, time : `kubectl get pods -n`", 3.0, 10_000, scene.STATUS_NAMESPACE, scene.GET_NAMESPACE),
        ratio("`enable namespace --plan`, time : `kubectl get pods -n`", 2.0, 10_000, scene.PLAN, scene.GET_PLAIN),
    ]
    return [*found, Goal("`--help`, time : `kubectl version --client`", 1.4, times[scene.HELP] / times[scene.VERSION])]


def _time(median: Median) -> float:
    return median.seconds


def _memory(median: Median) -> float:
    return median.megabytes
