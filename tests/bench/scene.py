"""What is measured on a cluster of one size, and what the rows are compared to."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass

from tests.bench import commands
from tests.bench.floor import Floor, patches
from tests.bench.loader.fill import fill
from tests.bench.loader.plan import WAVE_VALUE, Plan
from tests.bench.loader.shapes import DATAPLANE, WAVE
from tests.bench.measure import Command, Median, Run, in_turn
from tests.rig.api import Object
from tests.rig.apiserver import ApiServer

GET_ALL = "kubectl get pods -A"
STATUS = "kubectl ambient status -A"
LABELS = "kubectl ambient labels -A"
WAYPOINTS = "kubectl ambient waypoint status -A"

GET_NAMESPACE = "kubectl get pods -n NAMESPACE"
STATUS_NAMESPACE = "kubectl ambient status -n NAMESPACE"
PLAN = "kubectl ambient enable namespace PLAIN --plan"
GET_PLAIN = "kubectl get pods -n PLAIN"
GET_POD = "kubectl get pod NAME -n NAMESPACE -o yaml"
EXPLAIN = "kubectl ambient explain pod NAME -n NAMESPACE"

_PLAIN = "!istio.io/dataplane-mode,!istio-injection,!istio.io/rev,kubernetes.io/metadata.name!=istio-system"
_CHOSEN = f"-l {WAVE}={WAVE_VALUE} -A"
LABEL = f"kubectl label pods {_CHOSEN} {DATAPLANE}=ambient"
UNLABEL = f"kubectl label pods {_CHOSEN} {DATAPLANE}-"
ENABLE = f"kubectl ambient enable pods {_CHOSEN}"
DISABLE = f"kubectl ambient disable pods {_CHOSEN}"

PATCHES = "curl: the patches of `enable pods` alone, ten at once"
UNPATCHES = "curl: the patches of `disable pods` alone, ten at once"

VERSION = "kubectl version --client"
HELP = "kubectl ambient --help"


@dataclass(frozen=True)
class Row:
    """One command: what it took, what kubectl's row is, and which command the row is a floor of, if it is one."""

    name: str
    median: Median
    base: str
    floor_of: str | None = None


@dataclass(frozen=True)
class Size:
    """All that was measured on one cluster."""

    pods: int
    namespaces: int
    nodes: int
    bytes_of_a_pod: int
    chosen: int
    """So many pods were labelled at once."""
    rows: tuple[Row, ...]

    def median(self, name: str) -> Median:
        """What a command took; KeyError where it was not measured."""
        return {row.name: row.median for row in self.rows}[name]


def floor(rows: Iterable[Row], name: str) -> float | None:
    """The seconds of the faster floor of a command, None where it has none."""
    return min((row.median.seconds for row in rows if row.floor_of == name), default=None)


@dataclass(frozen=True)
class _Line:
    name: str
    command: Command
    base: str
    floor_of: str | None = None


def startup(programs: commands.Programs, runs: int) -> tuple[Row, ...]:
    """What needs no server."""
    names = (VERSION, HELP)
    medians = in_turn([programs.words(name) for name in names], runs)
    return tuple(Row(name, median, VERSION) for name, median in zip(names, medians, strict=True))


def measure(programs: commands.Programs, pods: int, runs: int) -> Size:
    """Fill a server of its own, and run every command there."""
    plan = Plan(pods)
    server = ApiServer()
    try:
        server.start()
        fill(server, plan)
        listed = server.pods(plan.namespace(0))
        chosen = server.api.items(f"/api/v1/pods?labelSelector={WAVE}%3D{WAVE_VALUE}")
        small = _small(programs, server, listed, _plain(server))
        lines = [*_whole(programs, server), *small, *_wide(programs, server, chosen)]
        environ = commands.of(server)

        def tell(number: int, place: int, run: Run) -> None:
            print(f"  round {number} of {runs}: {run.seconds:6.2f} s  {lines[place].name}", file=sys.stderr, flush=True)

        medians = in_turn([line.command for line in lines], runs, environ, tell=tell)
        rows = (Row(line.name, median, line.base, line.floor_of) for line, median in zip(lines, medians, strict=True))
        length = len(server.kubectl("get", "--raw", "/api/v1/pods?limit=500").stdout) // min(pods, 500)
        return Size(pods, plan.namespaces, plan.nodes, length, len(chosen), tuple(rows))
    finally:
        server.stop()


def _whole(programs: commands.Programs, server: ApiServer) -> Iterable[_Line]:
    yield _Line(GET_ALL, programs.words(GET_ALL), GET_ALL)
    for name in (STATUS, LABELS, WAYPOINTS):
        yield from _with_floors(server, name, programs.words(name), GET_ALL)


def _with_floors(server: ApiServer, name: str, words: Command, base: str) -> Iterable[_Line]:
    yield _Line(name, words, base)
    asked = Floor(server, words)
    asks = f"what `{name.removeprefix('kubectl ambient ')}` asks"
    yield _Line(f"curl: {asks}, all at once", asked.curl(side_by_side=True), base, name)
    yield _Line(f"curl: {asks}, one by one", asked.curl(side_by_side=False), base, name)


def _plain(server: ApiServer) -> str:
    """A namespace that no label brings into a mesh."""
    names = (item["metadata"]["name"] for item in server.api.items(f"/api/v1/namespaces?labelSelector={_PLAIN}"))
    return next(name for name in names if server.pods(name))


def _small(programs: commands.Programs, server: ApiServer, listed: list[Object], plain: str) -> Iterable[_Line]:
    where = listed[0]["metadata"]
    for name, base in ((STATUS_NAMESPACE, GET_NAMESPACE), (EXPLAIN, GET_POD), (PLAN, GET_PLAIN)):
        told, of_kubectl = (
            each.replace("NAMESPACE", where["namespace"]).replace("NAME", where["name"]).replace("PLAIN", plain)
            for each in (name, base)
        )
        yield _Line(base, programs.words(of_kubectl), base)
        yield from _with_floors(server, name, programs.words(told), base)


def _wide(programs: commands.Programs, server: ApiServer, chosen: list[Object]) -> Iterable[_Line]:
    # In this order each finds the pods as it expects them: without the label, with it, without, with.
    for name, base in ((LABEL, LABEL), (UNLABEL, UNLABEL), (ENABLE, LABEL), (DISABLE, UNLABEL)):
        yield _Line(name, programs.words(name), base)
    for name, base, floor_of, value in ((PATCHES, LABEL, ENABLE, "ambient"), (UNPATCHES, UNLABEL, DISABLE, None)):
        yield _Line(name, patches(server, chosen, DATAPLANE, value), base, floor_of)
