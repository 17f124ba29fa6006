"""Writes what was measured as docs/performance.md."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tests.bench import scene
from tests.bench.goals import goals
from tests.bench.scene import Row, Size


@dataclass(frozen=True)
class Machine:
    """Where and with what it was measured."""

    cores: int
    gigabytes: int
    system: str
    kubectl: str
    server: str
    ambient: str
    shipped: bool
    python: str
    """That the plugin ran by: of an archive its own."""
    curl: str
    date: str


_HOW = """\
# Performance

`make bench-pages` measures all of this and writes this page; nothing in it is written by hand. It needs curl, and what
`make control-plane` builds. `make bench-pages BENCH="--sizes 1000"` measures less, and `BENCH="--program PATH"` a
program as it is shipped. 50,000 pods need about 20 GB of memory: kubectl alone takes 5 of them.

## How it is measured

Each size is a real etcd and kube-apiserver of their own, without controllers, filled by
[`tests/bench/loader`](../tests/bench/loader). The server makes each shape of object once: an application's
Deployment, ReplicaSet, Service and pod in every mode, nodes, the agents in two versions (an upgrade half way),
waypoints. What it keeps of them in etcd, its own bytes, is then copied under other names, addresses, times and uids
of the same length. Pods are 18 KB as JSON on average, with the managed fields of those who wrote them. The same size
is always the same cluster. Of 20 namespaces 11 are ambient (4 of these with a waypoint), 4 have sidecars, 4 have no
label and 1 opts out; about one pod in a hundred is not as the rest of its namespace.

A figure is the median of several whole processes, started alike, their output thrown away; the first run of each is
not counted. The commands of a size run in turn, so that a drifting machine is fair to all. Time is by the clock, CPU
is user and system time of the process alone (not of the server), memory its peak resident size. Server and client
share the machine.

The **floor** is what the bytes cost: the GET requests that the command sends are recorded, and curl asks the same
again with the same Accept, Accept-Encoding and User-Agent headers, one after the other or all at once (HTTP/1.1,
kept-alive), and throws the answers away. The faster of the two is what a command is put beside. Of `enable` and
`disable` it is the patches alone, as many at once as the plugin sends: what they read before is not in it.
"""


def page(machine: Machine, startup: Sequence[Row], sizes: Mapping[int, Size]) -> str:
    """The whole page."""
    parts = [_HOW, _machine(machine), _goals(startup, sizes)]
    parts += [_size(size) for size in sizes.values()]
    parts.append("## Start-up\n\n" + _table(startup))
    if len(sizes) > 1:
        parts.append(_growth(list(sizes.values())))
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def _machine(machine: Machine) -> str:
    shipped = "as an archive" if machine.shipped else "from a checkout"
    return f"""\
## The machine

{machine.date}: {machine.cores} cores, {machine.gigabytes} GB of memory, {machine.system}. kubectl {machine.kubectl},
kube-apiserver {machine.server}, curl {machine.curl},
kubectl-ambient {machine.ambient} {shipped} with Python {machine.python}.
An archive that is built here has the Python of this machine; those of a release have one that was built to be fast.
"""


def _goals(startup: Sequence[Row], sizes: Mapping[int, Size]) -> str:
    rows = (
        [
            goal.what,
            f"{goal.limit:g}",
            "-" if goal.measured is None else f"{goal.measured:.2f}",
            goal.verdict,
        ]
        for goal in goals(startup, sizes)
    )
    return "## Goals\n\n" + _markdown(["ratio", "at most", "measured", ""], "lrrl", rows)


def _size(size: Size) -> str:
    head = (
        f"## {size.pods:,} pods\n\n{size.namespaces:,} namespaces, {size.nodes:,} nodes, "
        f"{size.bytes_of_a_pod / 1000:.1f} KB a pod as JSON; {size.chosen:,} pods are labelled at once. "
        f"{_medians(size)}\n\n"
    )
    return head + _table(size.rows)


def _medians(size: Size) -> str:
    runs = size.rows[0].median.runs
    return f"Medians of {runs} runs." if runs > 1 else "One run each, after one that is not counted."


def _table(rows: Sequence[Row]) -> str:
    """The rows, each beside kubectl's; a command that has floors is put beside the faster one."""
    medians = {row.name: row.median for row in rows}
    lines = []
    for row in rows:
        median, base = row.median, medians[row.base]
        floor = scene.floor(rows, row.name)
        own = row.name == row.base
        name = row.name if row.floor_of else f"`{row.name}`"
        lines.append(
            [
                name,
                f"{median.seconds:.2f} s",
                f"{median.cpu:.2f} s",
                f"{median.megabytes:.0f} MB",
                "" if own else f"{median.seconds / base.seconds:.2f}",
                "" if own else f"{median.megabytes / base.megabytes:.2f}",
                f"{median.seconds / floor:.2f}" if floor else "",
            ]
        )
    columns = ["command", "time", "CPU", "peak memory", "time : kubectl", "memory : kubectl", "time : floor"]
    return _markdown(columns, "lrrrrrr", lines)


def _growth(sizes: Sequence[Size]) -> str:
    """How time and memory grow from each size to the next, beside how the pods do."""
    pairs = list(pairwise(sizes))
    columns = ["command", *(f"{a.pods:,} → {b.pods:,}: {what}" for a, b in pairs for what in ("time", "memory"))]
    rows = [["pods", *(f"× {b.pods / a.pods:.1f}" for a, b in pairs for _ in "tm")]]
    for name in (scene.GET_ALL, scene.STATUS, scene.LABELS, scene.WAYPOINTS, scene.STATUS_NAMESPACE, scene.EXPLAIN):
        cells = [f"`{name}`"]
        for a, b in pairs:
            less, more = a.median(name), b.median(name)
            cells += [f"× {more.seconds / less.seconds:.1f}", f"× {more.megabytes / less.megabytes:.1f}"]
        rows.append(cells)
    return "## How it grows\n\n" + _markdown(columns, "l" + "r" * (len(columns) - 1), rows)


def _markdown(columns: Sequence[str], align: str, rows: Iterable[Sequence[str]]) -> str:
    rule = ["---:" if letter == "r" else "---" for letter in align]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (columns, rule, *rows))
