"""Build the control plane's programs from their Go modules into the cache folder.

    python3 -m tests.rig.build [kubernetes] [istio]

What is there already is left alone, program by program. Standard library only, since it runs
before there is a virtual environment.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import cache


@dataclass(frozen=True)
class Module:
    """One go.mod below `tools/`: the programs built from it, and the data files its modules ship."""

    name: str
    programs: dict[str, str]
    """The program's name to its Go package."""
    data: dict[str, tuple[str, str]]
    """The copy's name to the Go module and the file or folder in it."""


MODULES = (
    Module(
        "kubernetes",
        {
            "etcd": "go.etcd.io/etcd/server/v3",
            "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
            "kubectl": "k8s.io/kubernetes/cmd/kubectl",
            "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
            "kube-scheduler": "k8s.io/kubernetes/cmd/kube-scheduler",
            "kwok": "sigs.k8s.io/kwok/cmd/kwok",
            "krew": "sigs.k8s.io/krew/cmd/krew",
            "validate-krew-manifest": "sigs.k8s.io/krew/cmd/validate-krew-manifest",
        },
        {"kwok-stages": ("sigs.k8s.io/kwok", "kustomize/stage")},
    ),
    Module(
        "istio",
        {
            "pilot-discovery": "istio.io/istio/pilot/cmd/pilot-discovery",
            "istioctl": "istio.io/istio/istioctl/cmd/istioctl",
        },
        {
            "istio-crds.yaml": ("istio.io/istio", "manifests/charts/base/files/crd-all.gen.yaml"),
            "gateway-api-crds.yaml": ("istio.io/istio", "tests/integration/pilot/testdata/gateway-api-crd.yaml"),
        },
    ),
)


def go(*arguments: str, cwd: Path) -> str:
    """Run the Go tool and return what it printed; its errors go to our stderr."""
    environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly -buildvcs=false", "GOWORK": "off"}
    return subprocess.run(
        ["go", *arguments], cwd=cwd, env=environment, check=True, stdout=subprocess.PIPE, text=True
    ).stdout.strip()


def link_flags(source: Path) -> str:
    """The version that a release build would stamp: without it kubectl cannot read the server's."""
    found = re.search(r"^\s*k8s\.io/kubernetes v((\d+)\.(\d+)\.\S+)", (source / "go.mod").read_text(), re.MULTILINE)
    if not found:
        return "-s -w"
    version, major, minor = found.groups()
    values = {"gitVersion": f"v{version}", "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
    packages = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
    stamps = [f"-X {package}.{key}={value}" for package in packages for key, value in values.items()]
    return " ".join(["-s", "-w", *stamps])


def given(program: str) -> bool:
    """Whether `KUBEBUILDER_ASSETS` brings this program, so that it need not be built."""
    assets = os.environ.get("KUBEBUILDER_ASSETS")
    return bool(assets) and (Path(assets or "") / program).is_file()


def build_programs(module: Module, target: Path) -> None:
    """Build what is missing, one program after the other: two at once would only fight for memory."""
    source = cache.TOOLS / module.name
    for program, package in module.programs.items():
        done = target / "bin" / program
        if done.exists() or given(program):
            print(f"{program:<26} there", flush=True)
            continue
        started = time.monotonic()
        partial = done.with_name(f".{program}.partial")
        go("build", "-trimpath", "-ldflags", link_flags(source), "-o", str(partial), package, cwd=source)
        partial.rename(done)
        print(f"{program:<26} {time.monotonic() - started:4.0f} s", flush=True)


def copy_data(module: Module, target: Path) -> None:
    """Copy the data files out of the module cache, so that running needs neither it nor Go."""
    source = cache.TOOLS / module.name
    for name, (go_module, inside) in module.data.items():
        done = target / "data" / name
        if done.exists():
            continue
        origin = Path(go("list", "-m", "-f", "{{.Dir}}", go_module, cwd=source)) / inside
        partial = done.with_name(f".{name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        if origin.is_dir():
            shutil.copytree(origin, partial, copy_function=shutil.copyfile)
            # The module cache is read-only, and a read-only folder could not be removed again.
            for folder in [partial, *(p for p in partial.rglob("*") if p.is_dir())]:
                folder.chmod(0o755)
        else:
            shutil.copyfile(origin, partial)
        partial.rename(done)


@contextmanager
def only_one(target: Path) -> Iterator[None]:
    """Let a second `make control-plane` wait for the first one instead of building it all again."""
    with (target / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main(arguments: list[str]) -> int:
    """Build the modules that are named, or all of them."""
    if not shutil.which("go"):
        print("the control plane is built with Go, and no `go` was found in PATH", file=sys.stderr)
        return 1
    unknown = set(arguments) - {module.name for module in MODULES}
    if unknown:
        print(f"unknown: {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    target = cache.folder_for(go("env", "GOVERSION", cwd=cache.TOOLS / MODULES[0].name))
    for folder in ("bin", "data"):
        (target / folder).mkdir(parents=True, exist_ok=True)
    with only_one(target):
        for module in MODULES:
            if not arguments or module.name in arguments:
                build_programs(module, target)
                copy_data(module, target)
    print(f"in {target}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except subprocess.CalledProcessError as failed:
        sys.exit(f"{' '.join(failed.cmd[:2])} failed: {failed.returncode}")
