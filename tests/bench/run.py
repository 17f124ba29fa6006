"""Benchmarks: ratios against kubectl, both measured in one run. `--write` puts the figures into the README."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.bench.commands import AMBIENT_HERE, Programs, of  # noqa: E402
from tests.bench.loader.fill import fill  # noqa: E402
from tests.bench.loader.plan import Plan  # noqa: E402
from tests.bench.measure import Median, in_turn  # noqa: E402
from tests.rig import programs  # noqa: E402
from tests.rig.apiserver import ApiServer  # noqa: E402
from tests.rig.cluster import Cluster  # noqa: E402
from tests.rig.mesh import Mesh  # noqa: E402
from tests.rig.workloads import AMBIENT, deployment  # noqa: E402

# Command lines as they are told, `kubectl` and `kubectl ambient` first. The first of a group is what the others of it
# are compared to.
Group = Sequence[str]


@dataclass(frozen=True)
class Bench:
    """What is measured: this program, so many counted runs of each command."""

    programs: Programs
    runs: int

    def table(self, groups: Sequence[Group], **environ: str) -> str:
        """Run all commands in turn, and compare those of each group."""
        names = [name for group in groups for name in group]
        medians = in_turn([self.programs.words(name) for name in names], self.runs, environ)
        lines = ["| command | seconds | ratio | peak memory | ratio |", "|---|---:|---:|---:|---:|"]
        found = iter(zip(names, medians, strict=True))
        for group in groups:
            rows = [next(found) for _ in group]
            lines += [_row(name, median, rows[0][1]) for name, median in rows]
        return "\n".join(lines)


def startup(bench: Bench) -> str:
    """The commands that need no cluster, beside `kubectl version --client`."""
    os.chdir(ROOT)  # for examples/
    group = [
        "kubectl version --client",
        "kubectl ambient --help",
        "kubectl ambient version --client",
        "kubectl ambient status -f examples/",
    ]
    return bench.table([group])


def live(bench: Bench) -> str:
    """One namespace, one pod, one label on a whole mesh, each beside what kubectl does there."""
    cluster = Cluster()
    try:
        cluster.start()
        Mesh(cluster).start()
        for name, labels in (("shop", AMBIENT), ("plain", {})):
            cluster.api.request("POST", "/api/v1/namespaces", {"metadata": {"name": name, "labels": labels}})
            cluster.apply(deployment("web", name, replicas=10))
        cluster.processes.wait_for("the pods", lambda: _running(cluster, "shop") == _running(cluster, "plain") == 10)
        pod = cluster.pods("shop")[0]["metadata"]["name"]
        groups = [
            ["kubectl get pods -n shop", "kubectl ambient status -n shop"],
            [f"kubectl get pod {pod} -n shop -o yaml", f"kubectl ambient explain pod {pod} -n shop"],
            [
                "kubectl label ns plain istio.io/dataplane-mode=ambient --dry-run=server",
                "kubectl ambient enable ns plain --dry-run=server",
            ],
            ['kubectl __complete get pods -n ""', 'kubectl __complete ambient status -n ""'],
        ]
        with tempfile.TemporaryDirectory() as folder:
            path = _as_installed(bench.programs.ambient, folder)
            return bench.table(groups, **of(cluster), PATH=path).replace(pod, "NAME")
    finally:
        cluster.stop()


def listing(bench: Bench, pods: int) -> str:
    """`status -A` beside `kubectl get pods -A`, on a real API server."""
    server = ApiServer()
    try:
        server.start()
        fill(server, Plan(pods))
        return bench.table([["kubectl get pods -A", "kubectl ambient status -A"]], **of(server))
    finally:
        server.stop()


def _running(cluster: Cluster, namespace: str) -> int:
    return sum(pod.get("status", {}).get("phase") == "Running" for pod in cluster.pods(namespace))


def _as_installed(program: str, folder: str) -> str:
    """The PATH of somebody who has the program and its completion in that folder, as krew puts it there."""
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    Path(folder, "kubectl-ambient").symlink_to(program)
    install = ["kubectl-ambient", "completion", "install", "--dir", folder]
    subprocess.run(install, env={**os.environ, "PATH": path}, check=True, capture_output=True)
    return path


def _row(name: str, median: Median, base: Median) -> str:
    return (
        f"| `{name}` | {median.seconds:.2f} | {median.seconds / base.seconds:.2f} "
        f"| {median.megabytes:.0f} MB | {median.megabytes / base.megabytes:.2f} |"
    )


def _write(marker: str, text: str) -> None:
    readme = ROOT / "README.md"
    old = readme.read_text(encoding="utf-8")
    block = f"<!-- bench:{marker} -->\n{text}\n<!-- /bench -->"
    new, found = re.subn(rf"<!-- bench:{marker} -->.*?<!-- /bench -->", lambda _: block, old, flags=re.DOTALL)
    if not found:
        raise SystemExit(f"README.md has no <!-- bench:{marker} --> block")
    readme.write_text(new, encoding="utf-8")


def main() -> None:
    """Run the benchmarks and print their tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="counted runs of each command")
    parser.add_argument("--pods", type=int, default=10_000)
    parser.add_argument("--only", choices=["startup", "live", "listing"])
    parser.add_argument("--program", type=Path, default=AMBIENT_HERE, help="the plugin, as of an unpacked archive")
    parser.add_argument("--write", action="store_true", help="put the figures into README.md")
    options = parser.parse_args()
    missing = programs.why_not()
    if missing:
        raise SystemExit(missing)
    bench = Bench(Programs(str(options.program.absolute())), options.runs)
    which = "" if options.program == AMBIENT_HERE else " of the program as it is shipped"
    parts: dict[str, tuple[str, Callable[[], str]]] = {
        "startup": (f"medians of {options.runs} runs{which}, whole processes", lambda: startup(bench)),
        "live": (f"a real control plane, medians of {options.runs} runs{which}", lambda: live(bench)),
        "listing": (
            f"{options.pods:,} pods on a real kube-apiserver, medians of {options.runs} runs{which}",
            lambda: listing(bench, options.pods),
        ),
    }
    for name, (title, measure) in parts.items():
        if options.only in (None, name):
            text = f"{title} ({os.cpu_count()} cores):\n\n{measure()}"
            print(f"{name}: {text}\n", flush=True)
            if options.write:
                _write({"listing": "list"}.get(name, name), text)


if __name__ == "__main__":
    main()
