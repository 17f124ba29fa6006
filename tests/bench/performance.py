"""Measures clusters of several sizes, and writes docs/performance.md."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.bench import commands, scene  # noqa: E402
from tests.bench.floor import curl  # noqa: E402
from tests.bench.page import Machine, page  # noqa: E402
from tests.rig import programs  # noqa: E402

PAGE = ROOT / "docs" / "performance.md"


def main() -> None:
    """Measure size by size, and write the page at the end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="1000,10000,50000", help="numbers of pods, separated by commas")
    parser.add_argument("--runs", type=int, default=5, help="counted runs of each command")
    parser.add_argument("--program", type=Path, default=commands.AMBIENT_HERE, help="the plugin, as of an archive")
    parser.add_argument("--page", type=Path, default=PAGE, help="where to write")
    options = parser.parse_args()
    missing = programs.why_not(("etcd", "kube-apiserver", "kubectl"))
    if missing:
        raise SystemExit(missing)
    run = commands.Programs(str(options.program.absolute()))
    machine = _machine(run, shipped=options.program != commands.AMBIENT_HERE)
    startup = scene.startup(run, options.runs)
    sizes: dict[int, scene.Size] = {}
    for pods in sorted(int(size) for size in options.sizes.split(",")):
        print(f"{pods:,} pods …", file=sys.stderr, flush=True)
        # The largest take minutes for each run.
        sizes[pods] = scene.measure(run, pods, options.runs if pods < 50_000 else max(1, options.runs // 2))
        # After each: what was measured is kept if the next one fails.
        options.page.write_text(page(machine, startup, sizes), encoding="utf-8")


def _machine(run: commands.Programs, *, shipped: bool) -> Machine:
    kubectl = json.loads(_told(programs.program("kubectl"), "version", "--client", "-o", "json"))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return Machine(
        cores=os.cpu_count() or 1,
        gigabytes=round(memory / 2**30),
        system=f"{platform.system()} {platform.machine()}",
        kubectl=kubectl["clientVersion"]["gitVersion"],
        server=_told(programs.program("kube-apiserver"), "--version").split()[-1],
        ambient=json.loads(_told(run.ambient, "version", "--client", "-o", "json"))["clientVersion"]["gitVersion"],
        shipped=shipped,
        python=_python(Path(run.ambient)) if shipped else platform.python_version(),
        curl=_told(curl(), "--version").split()[1],
        date=f"{datetime.now(UTC):%Y-%m-%d}",
    )


def _python(program: Path) -> str:
    """The version of the Python that lies in an archive beside its program: `3.13`."""
    (found, *_) = program.resolve().parent.glob("_internal/libpython3.*")
    return ".".join(found.name.removeprefix("libpython").split(".")[:2])


def _told(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    main()
