"""Benchmarks: ratios against kubectl, both measured in one run. `--write` puts the figures into the README."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.bench.many_pods import fill  # noqa: E402
from tests.bench.measure import Median, in_turn  # noqa: E402
from tests.rig import programs  # noqa: E402
from tests.rig.apiserver import ApiServer  # noqa: E402

AMBIENT = str(ROOT / ".venv" / "bin" / "kubectl-ambient")


def startup(runs: int) -> str:
    """The commands that need no cluster, beside `kubectl version --client`."""
    kubectl = str(programs.program("kubectl"))
    commands = [
        ("kubectl version --client", [kubectl, "version", "--client"]),
        ("kubectl ambient --help", [AMBIENT, "--help"]),
        ("kubectl ambient version --client", [AMBIENT, "version", "--client"]),
        ("kubectl ambient status -f examples/", [AMBIENT, "status", "-f", str(ROOT / "examples")]),
    ]
    medians = in_turn([command for _, command in commands], runs)
    return _table([name for name, _ in commands], medians)


def listing(runs: int, pods: int) -> str:
    """`status -A` beside `kubectl get pods -A`, on a real API server."""
    server = ApiServer()
    try:
        server.start()
        fill(server.api, pods)
        kubectl = str(programs.program("kubectl"))
        environ = {"KUBECONFIG": str(server.kubeconfig)}
        commands = [[kubectl, "get", "pods", "-A"], [AMBIENT, "status", "-A"]]
        return _table(["kubectl get pods -A", "kubectl ambient status -A"], in_turn(commands, runs, environ))
    finally:
        server.stop()


def _table(names: Sequence[str], medians: Sequence[Median]) -> str:
    base = medians[0]
    lines = ["| command | seconds | ratio | peak memory | ratio |", "|---|---:|---:|---:|---:|"]
    for name, median in zip(names, medians, strict=True):
        lines.append(
            f"| `{name}` | {median.seconds:.2f} | {median.seconds / base.seconds:.2f} "
            f"| {median.megabytes:.0f} MB | {median.megabytes / base.megabytes:.2f} |"
        )
    return "\n".join(lines)


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
    parser.add_argument("--only", choices=["startup", "listing"])
    parser.add_argument("--write", action="store_true", help="put the figures into README.md")
    options = parser.parse_args()
    missing = programs.why_not()
    if missing:
        raise SystemExit(missing)
    parts = {
        "startup": (f"medians of {options.runs} runs, whole processes", lambda: startup(options.runs)),
        "listing": (
            f"{options.pods:,} pods on a real kube-apiserver, medians of {options.runs} runs",
            lambda: listing(options.runs, options.pods),
        ),
    }
    for name, (title, measure) in parts.items():
        if options.only in (None, name):
            text = f"{title} ({os.cpu_count()} cores):\n\n{measure()}"
            print(f"{name}: {text}\n", flush=True)
            if options.write:
                _write({"startup": "startup", "listing": "list"}[name], text)


if __name__ == "__main__":
    main()
