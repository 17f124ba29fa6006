"""Names and labels for completion: of live objects, and of what stands in the kubeconfig. What fails gives none."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from kubectl_ambient.cli.completion.line import Line
from kubectl_ambient.kube.errors import KubeError
from kubectl_ambient.kube.options import ConnectionOptions

T = TypeVar("T")

_REQUEST_TIMEOUT = "400ms"  # a shell waits for us
_PATIENCE = 2.0  # seconds in all: a credential plugin takes longer than a request
_LIMIT = 1000
_FEW = 200  # objects that are read for their labels
# Flags with which no object is named; files have names of their own.
_WITHOUT_NAMES = {"all_namespaces", "all_", "selector", "field_selector"}
_WITHOUT_CLUSTER = {"filename", "local"}


def live_names(line: Line, kind: str) -> list[str]:
    """The names of the objects of a kind, where the flags on the line point; the first thousand at most."""
    if line.flags.keys() & (_WITHOUT_CLUSTER if line.flag else _WITHOUT_CLUSTER | _WITHOUT_NAMES):
        return []
    options = connection_options(line)

    def ask() -> list[str]:
        from kubectl_ambient.kube.api import connect
        from kubectl_ambient.kube.resources import find_resource

        return connect(options).names(find_resource(kind), limit=_LIMIT)

    return _within(_PATIENCE, ask)


def live_labels(line: Line, kind: str) -> list[dict[str, str]]:
    """The labels of the objects of a kind, where the flags on the line point; of the first two hundred at most."""
    if line.flags.keys() & _WITHOUT_CLUSTER:
        return []
    options = connection_options(line)

    def ask() -> list[dict[str, str]]:
        from kubectl_ambient.kube.api import connect
        from kubectl_ambient.kube.resources import find_resource

        client, resource = connect(options), find_resource(kind)
        everywhere = not resource.namespaced or "all_namespaces" in line.flags
        return client.labels(resource, "" if everywhere else client.namespace, limit=_FEW)

    return _within(_PATIENCE, ask)


def kubeconfig_names(line: Line, section: str) -> list[str]:
    """The names of the `contexts`, `clusters` or `users` of the kubeconfig."""
    from kubectl_ambient.kube.kubeconfig import load_kubeconfig

    try:
        config = load_kubeconfig(connection_options(line).kubeconfig, os.environ)
    except KubeError:
        return []
    found: dict[str, object] = getattr(config, section)
    return sorted(found)


def connection_options(line: Line) -> ConnectionOptions:
    """The connection flags on the line; of one that was typed twice the last counts."""
    typed: dict[str, object] = {"request_timeout": _REQUEST_TIMEOUT}
    for field, default in ConnectionOptions._field_defaults.items():
        if field not in line.flags:
            continue
        values = line.flags[field]
        if isinstance(default, tuple):
            typed[field] = tuple(values)
        else:
            typed[field] = True if isinstance(default, bool) else values[-1]
    if kubeconfig := typed.get("kubeconfig"):
        typed["kubeconfig"] = str(Path(str(kubeconfig)).expanduser())  # a shell may hand it on as it was typed
    return ConnectionOptions(**typed)  # type: ignore[arg-type]


def _within(seconds: float, ask: Callable[[], list[T]]) -> list[T]:
    """What `ask` gives; nothing where it fails or is not done in time, and then it is left behind."""
    found: list[T] = []

    def run() -> None:
        try:
            found.extend(ask())
        except Exception:
            if os.environ.get("KUBECTL_AMBIENT_TRACEBACK"):
                raise

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    return list(found)
