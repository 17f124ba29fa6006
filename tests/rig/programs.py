"""Finds the built programs and the data files; says what is missing in one line."""

from __future__ import annotations

import os
from pathlib import Path

from . import cache

KUBERNETES = ("etcd", "kube-apiserver", "kubectl", "kube-controller-manager", "kube-scheduler", "kwok")
MESH = ("pilot-discovery", "istioctl")


class NotBuiltError(RuntimeError):
    """A program or data file that is not there."""

    def __init__(self, *names: str) -> None:
        super().__init__(f"no {', '.join(names)}: `make control-plane` builds what the live tests need")


def find(name: str) -> Path | None:
    """The program of this name: `KUBEBUILDER_ASSETS` first, then what was built."""
    assets = os.environ.get("KUBEBUILDER_ASSETS")
    built = cache.built_folder()
    folders = [*([Path(assets)] if assets else []), *([built / "bin"] if built else [])]
    return next((folder / name for folder in folders if (folder / name).is_file()), None)


def program(name: str) -> str:
    """The path of a program that must be there."""
    found = find(name)
    if found is None:
        raise NotBuiltError(name)
    return str(found)


def data(name: str) -> Path:
    """A data file or folder that the build copied from the module cache."""
    built = cache.built_folder()
    if built is None or not (built / "data" / name).exists():
        raise NotBuiltError(name)
    return built / "data" / name


def missing(names: tuple[str, ...] = KUBERNETES + MESH) -> list[str]:
    """The programs that are not there."""
    return [name for name in names if find(name) is None]


def why_not(names: tuple[str, ...] = KUBERNETES + MESH) -> str | None:
    """The one line that a skipped live test shows, or None when all is there."""
    absent = missing(names)
    return str(NotBuiltError(*absent)) if absent else None
