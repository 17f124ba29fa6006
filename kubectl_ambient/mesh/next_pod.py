"""What the next pods are: of a workload, of a namespace, and of who made a pod."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from msgspec import Struct, structs

from kubectl_ambient.cluster.facts import Namespace, Owner, Pod, Unread, Workload
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.catalogue import Expected
from kubectl_ambient.mesh.enrolment.deciding import Decision
from kubectl_ambient.mesh.injection import Injection, Injector, Newborn, inject, injector

AfterRestart = Literal["ambient", "sidecar", "none", "unknown"]
Decide = Callable[[Pod, Namespace | Unread], Decision]


class NextPod(Struct, frozen=True, kw_only=True, gc=False):
    """What the next pod of a workload would be, and why. `decision` is that on a pod without a sidecar."""

    becomes: AfterRestart
    decision: Decision
    injection: Injection

    @property
    def why(self) -> str:
        """What decides: the sidecar where there will be one or may be, else the rules of enrolment."""
        by_injector = self.becomes == "sidecar" or self.injection.injected is None
        return self.injection.message if by_injector else self.decision.because.message


_BECOMES: dict[Expected, AfterRestart] = {"in": "ambient", "out": "none", "unknown": "unknown"}


def next_pod_of(injection: Injection, decision: Decision) -> NextPod:
    """Where a sidecar is injected it wins; where none is, the rules of enrolment tell."""
    becomes: AfterRestart = "unknown"
    if injection.injected:
        becomes = "sidecar"
    elif injection.injected is False:
        becomes = _BECOMES[decision.expected]
    return NextPod(becomes=becomes, decision=decision, injection=injection)


class Successors:
    """Those of one snapshot. decide: what should be of a pod in that namespace, by labels alone."""

    def __init__(self, snapshot: Snapshot, decide: Decide) -> None:
        self.injector: Injector = injector(snapshot)
        self._snapshot = snapshot
        self._decide = decide
        self._stood_in: set[str] = set()
        self._known: dict[tuple[str, str, bool], NextPod] = {}

    @property
    def assumptions(self) -> list[str]:
        """For which workloads a pod had to stand."""
        if not self._stood_in:
            return []
        first, *more = sorted(self._stood_in)
        rest = f", and {len(more)} more" if more else ""
        return [f"for what follows a restart, the pods' own labels stand for their template: {first}{rest}"]

    def of_workload(self, workload: Workload, namespace: Namespace | Unread) -> NextPod:
        """By its template."""
        template = workload.template
        pod = Pod(
            namespace=workload.namespace,
            name=workload.name,
            labels=template.labels,
            annotations=template.annotations,
            host_network=template.host_network,
        )
        return self._next(pod, workload, namespace)

    def of_namespace(self, name: str, namespace: Namespace | Unread) -> NextPod:
        """One without labels of its own."""
        return self._next(Pod(namespace=name, name="new"), None, namespace)

    def of(
        self,
        pod: Pod,
        owner: Owner | None,
        workload: Workload | None,
        namespace: Namespace | Unread,
        decision: Decision,
    ) -> NextPod:
        """The next one of the same owner; asked once for all pods of a workload on a node. decision: on this one."""
        key = (workload.ref, pod.node, pod.windows) if workload else None
        if key is not None and key in self._known:
            return self._known[key]
        newborn = self._newborn(pod, owner, workload, namespace)
        # Without a template the next pod is this one again, but for its sidecar and its end.
        same = workload is None and pod.annotations.sidecar_status is None and not pod.finished
        expected = decision if same else self._decide_next(pod, newborn, namespace)
        found = next_pod_of(inject(newborn, self.injector), expected)
        if key is not None:
            self._known[key] = found
        return found

    def _next(self, pod: Pod, workload: Workload | None, namespace: Namespace | Unread) -> NextPod:
        newborn = self._newborn(pod, None, workload, namespace)
        return next_pod_of(inject(newborn, self.injector), self._decide(pod, namespace))

    def _newborn(
        self, pod: Pod, owner: Owner | None, workload: Workload | None, namespace: Namespace | Unread
    ) -> Newborn:
        """The next pod of the same owner: by its template, or by the pod itself where it has none at hand.

        What the injector and the agent wrote on the pod is not carried over.
        """
        labels = namespace.labels if isinstance(namespace, Namespace) else None
        if workload is not None:
            template = workload.template
            return Newborn(
                namespace=pod.namespace,
                namespace_labels=labels,
                ref=workload.ref,
                path=f"{workload.template_path}.metadata",
                labels=template.labels,
                annotations=template.annotations,
                host_network=template.host_network,
            )
        unread = self._snapshot.workloads.unread.get(f"{owner.kind}/{pod.namespace}/{owner.name}") if owner else None
        if unread is not None:
            self._stood_in.add(str(unread))
        return Newborn(
            namespace=pod.namespace,
            namespace_labels=labels,
            ref=pod.ref,
            labels=pod.labels,
            annotations=structs.replace(pod.annotations, sidecar_status=None, redirection=None),
            host_network=pod.host_network,
        )

    def _decide_next(self, pod: Pod, newborn: Newborn, namespace: Namespace | Unread) -> Decision:
        next_pod = structs.replace(
            pod,
            labels=newborn.labels,
            annotations=structs.replace(newborn.annotations, redirection=None),
            host_network=newborn.host_network,
            phase="Running",
        )
        return self._decide(next_pod, namespace)
