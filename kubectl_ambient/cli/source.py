"""Where a command's facts come from: a cluster, or the files of `-f`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kubectl_ambient.cluster.facts import NOT_FOUND, Namespace, Pod, Unread
from kubectl_ambient.cluster.scope import Scope, check, select
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.kube.errors import UsageError
from kubectl_ambient.kube.options import ConnectionOptions
from kubectl_ambient.mesh.verdict import Judge, Verdict

if TYPE_CHECKING:
    from kubectl_ambient.kube.api import Client


@dataclass(frozen=True, kw_only=True)
class StatusRequest:
    """What `status` was asked for, checked as far as can be without reading anything. waypoints: tell them too."""

    connection: ConnectionOptions
    scope: Scope
    all_namespaces: bool
    filenames: tuple[str, ...]
    recursive: bool
    chunk_size: int
    waypoints: bool

    @classmethod
    def of(
        cls,
        connection: ConnectionOptions,
        names: Sequence[str],
        *,
        all_namespaces: bool,
        label_selector: str,
        field_selector: str,
        filenames: Sequence[str],
        recursive: bool,
        chunk_size: int,
        watch: bool,
        waypoints: bool,
    ) -> StatusRequest:
        """Check what was typed. Raises UsageError in kubectl's words."""
        scope = Scope(names=tuple(map(_pod_name, names)), label_selector=label_selector, field_selector=field_selector)
        check(scope, live=not filenames)
        if names and (label_selector or field_selector):
            raise UsageError("error: name cannot be provided when a selector is specified")
        if names and all_namespaces:
            raise UsageError("error: a resource cannot be retrieved by name across all namespaces")
        if filenames and watch:
            raise UsageError("error: --watch needs a cluster: files do not change by themselves")
        return cls(
            connection=connection,
            scope=scope,
            all_namespaces=all_namespaces,
            filenames=tuple(filenames),
            recursive=recursive,
            chunk_size=chunk_size,
            waypoints=waypoints,
        )


def _pod_name(text: str) -> str:
    kind, slash, name = text.partition("/")
    if not slash:
        return text
    if kind not in ("pod", "pods", "po"):
        raise UsageError(
            f'error: status takes pods, not "{kind}": for others there is “kubectl ambient explain {text}”'
        )
    return name


@dataclass(kw_only=True)
class Source:
    """Facts, the pods that were asked for, and what was wrong on the way."""

    judge: Judge
    pods: list[Pod]
    namespace: str
    many: bool
    problems: list[str] = field(default_factory=list)
    filenames: tuple[str, ...] = ()
    client: Client | None = None
    scope: Scope | None = None

    @property
    def scope_namespaces(self) -> dict[str, Namespace | Unread]:
        """The namespaces that a listing of all of them shows."""
        return self.judge.snapshot.namespaces if self.many else {}

    def tell_problems(self) -> int:
        """Print what was wrong to stderr; the exit code that follows from it."""
        for problem in self.problems:
            print(problem, file=sys.stderr)
        return 1 if self.problems else 0


def read_status(request: StatusRequest) -> Source:
    """The facts for `status`. Raises KubeError where there can be no answer at all."""
    return _status_of_files(request) if request.filenames else _status_of_cluster(request)


def from_files(filenames: Sequence[str], *, recursive: bool, namespace: str) -> tuple[Snapshot, list[str]]:
    """The snapshot that files hold, and a sentence for each problem.

    Raises KubeError where nothing of it could be used.
    """
    from kubectl_ambient.cluster.files import read_files
    from kubectl_ambient.kube.errors import KubeError

    snapshot, problems = read_files(filenames, recursive=recursive, namespace=namespace or "default")
    told = [f"error: {problem}" for problem in problems]
    if told and _is_empty(snapshot):
        raise KubeError("\n".join(told))
    return snapshot, told


def not_in_files(plural: str, name: str) -> str:
    """kubectl's sentence, without the server that there is none of."""
    return f'Error (NotFound): {plural} "{name}" not found'


def _is_empty(snapshot: Snapshot) -> bool:
    l7 = snapshot.l7
    of_l7 = (l7.services, l7.service_entries, l7.workload_entries, l7.gateways)
    found = (snapshot.pods, snapshot.workloads, snapshot.cni_config, snapshot.nodes, *of_l7)
    known = any(isinstance(n, Namespace) for n in snapshot.namespaces.values())
    return not known and all(isinstance(part, Unread) or not part for part in found)


def _status_of_files(request: StatusRequest) -> Source:
    namespace = request.connection.namespace
    snapshot, problems = from_files(request.filenames, recursive=request.recursive, namespace=namespace)
    scope = _within(request.scope, "" if request.all_namespaces else namespace)
    pods = sorted(select(snapshot.pods, scope), key=lambda pod: (pod.namespace, pod.name))
    missing = [n for n in scope.names if n not in {pod.name for pod in pods}]
    problems += [not_in_files("pods", name) for name in missing]
    one = {pod.namespace for pod in pods} if not (request.all_namespaces or namespace) else set()
    many = request.all_namespaces or (not namespace and len(one) != 1)
    return Source(
        judge=Judge(snapshot, waypoints=request.waypoints),
        pods=pods,
        namespace=namespace or next(iter(one), "default"),
        many=many,
        problems=problems,
        filenames=request.filenames,
    )


def _within(scope: Scope, namespace: str) -> Scope:
    return Scope(
        namespace=namespace, names=scope.names, label_selector=scope.label_selector, field_selector=scope.field_selector
    )


def _status_of_cluster(request: StatusRequest) -> Source:
    from datetime import UTC, datetime

    from kubectl_ambient.cluster.live import read_snapshot
    from kubectl_ambient.cluster.needs import of_scope
    from kubectl_ambient.kube.api import connect

    client = connect(request.connection, on_warning=warn)
    scope = _within(request.scope, "" if request.all_namespaces else client.namespace)
    needs = of_scope(scope, chunk_size=request.chunk_size, waypoints=request.waypoints)
    snapshot = read_snapshot(client, needs, now=datetime.now(UTC))
    return Source(
        judge=Judge(snapshot, waypoints=request.waypoints),
        pods=sorted(snapshot.pods, key=lambda pod: (pod.namespace, pod.name)),
        namespace=scope.namespace,
        many=request.all_namespaces,
        problems=[*snapshot.missing.values(), *_unknown_namespace(snapshot, scope), *bad_objects(client)],
        client=client,
        scope=scope,
    )


def _unknown_namespace(snapshot: Snapshot, scope: Scope) -> list[str]:
    """A namespace that is not there looks like an empty one to kubectl; a typo in CI must not pass for all is well."""
    namespace = snapshot.namespaces.get(scope.namespace)
    if isinstance(namespace, Unread) and namespace.why == NOT_FOUND and not snapshot.pods and not scope.names:
        return [f'Error from server (NotFound): namespaces "{scope.namespace}" not found']
    return []


def warn(text: str) -> None:
    """A `Warning:` of the API server, as kubectl shows it."""
    print(f"Warning: {text}", file=sys.stderr)


def bad_objects(client: Client) -> list[str]:
    """A sentence for each object that could not be read."""
    return [f"error: {bad}" for bad in client.bad_objects]


def watch_status(source: Source) -> Iterator[Verdict]:
    """The verdicts that change, one by one, until interrupted. Raises KubeError where the watch is lost."""
    from kubectl_ambient.cluster.watching import follow

    assert source.client is not None
    assert source.scope is not None
    snapshot, names = source.judge.snapshot, source.scope.names
    shown = {(pod.namespace, pod.name): source.judge.judge(pod) for pod in source.pods}
    for changes in follow(source.client, snapshot, source.scope):
        unsettled = {key for key, verdict in shown.items() if verdict.state == "Starting"}
        if not (changes.others or changes.pods or unsettled):
            continue
        source.judge = Judge(snapshot, waypoints=source.judge.waypoints is not None)
        # The server has chosen by the selectors, also by fields that the facts do not hold.
        there = {(p.namespace, p.name): p for p in snapshot.pods if not names or p.name in names}
        for key in shown.keys() - there.keys():
            del shown[key]
        for key in sorted(there.keys() if changes.others else (changes.pods | unsettled) & there.keys()):
            verdict = source.judge.judge(there[key])
            before = shown.get(key)
            shown[key] = verdict
            if before is None or _row(before) != _row(verdict):
                yield verdict


def _row(verdict: Verdict) -> tuple[object, ...]:
    """What counts as a change: not the ages in a sentence."""
    codes = tuple(finding.code for finding in verdict.findings)
    return (verdict.mode, verdict.state, verdict.reason, verdict.node, verdict.after_restart, verdict.waypoint, codes)
