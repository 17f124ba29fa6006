"""Where a command that reads looks: one way to ask a cluster or files."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING

from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.render.say import say
from kubectl_ambient.runs.told import bad_files, tell_large

if TYPE_CHECKING:
    from kubectl_ambient.cluster.needs.ask import Needs
    from kubectl_ambient.kube.api import Client
    from kubectl_ambient.runs.origin import Origin


class Place(ABC):
    """A cluster, or files. namespace: the one to look into; empty for all of them."""

    namespace: str

    @abstractmethod
    def read(self, needs: Needs) -> Snapshot:
        """What a command needs. Raises KubeError where there can be no answer at all."""

    @abstractmethod
    def ask_ztunnels(self, snapshot: Snapshot) -> None:
        """Have the snapshot hold what the ztunnels say of its redirected pods."""

    @property
    @abstractmethod
    def problems(self) -> list[str]:
        """A sentence for each object that could not be read so far."""

    @abstractmethod
    def home(self, namespaces: Iterable[str]) -> tuple[str, bool]:
        """The namespace to name of what was found in these, and whether it may be of several."""


class Cluster(Place):
    """A cluster."""

    def __init__(self, origin: Origin) -> None:
        self.client = connected(origin)
        self.namespace = "" if origin.all_namespaces else self.client.namespace
        self._origin = origin

    def read(self, needs: Needs) -> Snapshot:
        """Ask the API server, now."""
        from datetime import UTC, datetime

        from kubectl_ambient.cluster.reading.cluster import read_cluster

        return read_cluster(self.client, needs, now=datetime.now(UTC), chunk_size=self._origin.chunk_size)

    def ask_ztunnels(self, snapshot: Snapshot) -> None:
        """Ask those of the pods' nodes, then the API server again: only what stayed as it was can be compared."""
        from kubectl_ambient.runs.ztunnels import ask_ztunnels

        ask_ztunnels(self.client, snapshot)

    @property
    def problems(self) -> list[str]:
        """Those that the server has in a form that it should not have."""
        return [f"error: {bad}" for bad in self.client.bad_objects]

    def home(self, namespaces: Iterable[str]) -> tuple[str, bool]:
        """The one that was asked about."""
        return self.namespace, self._origin.all_namespaces


class Files(Place):
    """The files of `-f`; they are read once."""

    def __init__(self, origin: Origin) -> None:
        self.namespace = origin.namespace
        self._origin = origin
        self._snapshot: Snapshot | None = None
        self._problems: list[str] = []

    def read(self, needs: Needs) -> Snapshot:
        """All that they hold."""
        if self._snapshot is None:
            origin = self._origin
            self._snapshot, problems = needs.of_files(
                origin.filenames,
                recursive=origin.recursive,
                namespace=origin.connection.namespace or "default",
                whole=origin.whole,
                on_large=tell_large,
            )
            self._problems = bad_files(problems, empty=self._snapshot.empty)
        return self._snapshot

    def ask_ztunnels(self, snapshot: Snapshot) -> None:
        """Their answers were read with the files."""

    @property
    def problems(self) -> list[str]:
        """Those of the files, and of objects that are not as they should be."""
        return list(self._problems)

    def home(self, namespaces: Iterable[str]) -> tuple[str, bool]:
        """The one namespace of all that was found."""
        found = {self.namespace} if self.namespace else set(namespaces)
        home = found.pop() if len(found) == 1 and not self._origin.all_namespaces else ""
        return home, not home


def opened(origin: Origin) -> Place:
    """The files of an origin, or without any its cluster. Raises KubeError where there can be no client."""
    return Files(origin) if origin.filenames else Cluster(origin)


def connected(origin: Origin) -> Client:
    """The client of the cluster. Raises KubeError where there can be none."""
    from kubectl_ambient.kube.api import connect

    return connect(origin.connection, on_warning=_warn)


def _warn(text: str) -> None:
    """A `Warning:` of the API server, as kubectl shows it."""
    say(f"Warning: {text}", file=sys.stderr)
