"""Where a command that only reads looks: a cluster, or the files of `-f`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubectl_ambient.cluster.facts import Namespace, Unread
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.kube.options import ConnectionOptions
from kubectl_ambient.render.say import say
from kubectl_ambient.runs.told import bad_files, tell_large

if TYPE_CHECKING:
    from kubectl_ambient.kube.api import Client
    from kubectl_ambient.shell.aim import Aim


@dataclass(frozen=True, kw_only=True)
class Origin:
    """The files, or without any the cluster. `chunk_size`: how many objects one page of a list holds; 0 for all."""

    connection: ConnectionOptions
    all_namespaces: bool = False
    filenames: tuple[str, ...] = ()
    recursive: bool = False
    chunk_size: int | None = None

    @classmethod
    def of(
        cls,
        connection: ConnectionOptions,
        filenames: Sequence[str] | None,
        *,
        recursive: bool,
        chunk_size: int | None,
        all_namespaces: bool = False,
    ) -> Origin:
        """As the flags were typed."""
        return cls(
            connection=connection,
            all_namespaces=all_namespaces,
            filenames=tuple(filenames or ()),
            recursive=recursive,
            chunk_size=chunk_size,
        )

    @property
    def namespace(self) -> str:
        """The namespace that was typed; empty for all of them, and where none was."""
        return "" if self.all_namespaces else self.connection.namespace

    @property
    def aim(self) -> Aim:
        """Leads a command to the same cluster."""
        from kubectl_ambient.runs.aim import aim_of

        return aim_of(self.connection)

    @property
    def aim_at_files(self) -> Aim:
        """Leads a command that reads to the same place."""
        from kubectl_ambient.runs.aim import aim_of

        files = tuple(("-f", name) for name in self.filenames)
        return aim_of(self.connection, (*files, *((("-R",),) if self.recursive else ())))

    def home(self, client: Client) -> str:
        """The namespace to look into in a cluster; empty for all of them."""
        return "" if self.all_namespaces else client.namespace

    def home_of(self, namespaces: Iterable[str]) -> str:
        """The one namespace of what was found in files; empty where that may be in several."""
        found = {self.namespace} if self.namespace else set(namespaces)
        return found.pop() if len(found) == 1 and not self.all_namespaces else ""


def connected(origin: Origin) -> Client:
    """The client of the cluster. Raises KubeError where there can be none."""
    from kubectl_ambient.kube.api import connect

    return connect(origin.connection, on_warning=_warn)


def _warn(text: str) -> None:
    """A `Warning:` of the API server, as kubectl shows it."""
    say(f"Warning: {text}", file=sys.stderr)


def bad_objects(client: Client) -> list[str]:
    """A sentence for each object that could not be read."""
    return [f"error: {bad}" for bad in client.bad_objects]


def from_files(origin: Origin) -> tuple[Snapshot, list[str]]:
    """The snapshot that the files hold, and a sentence for each problem.

    Raises KubeError where nothing of it could be used.
    """
    from kubectl_ambient.cluster.files import read_files

    namespace = origin.connection.namespace or "default"
    snapshot, problems = read_files(
        origin.filenames, recursive=origin.recursive, namespace=namespace, on_large=tell_large
    )
    return snapshot, bad_files(problems, empty=_is_empty(snapshot))


def _is_empty(snapshot: Snapshot) -> bool:
    l7 = snapshot.l7
    of_l7 = (l7.services, l7.service_entries, l7.workload_entries, l7.gateways)
    found = (snapshot.pods, snapshot.workloads, snapshot.cni_config, snapshot.nodes, *of_l7)
    known = any(isinstance(n, Namespace) for n in snapshot.namespaces.values())
    return not known and all(isinstance(part, Unread) or not part for part in found)
