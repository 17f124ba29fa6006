"""The rules: what follows where Kubernetes and ztunnel say this and that of one pod.

Sources: istio/ztunnel src/admin.rs, src/inpod (admin.rs, statemanager.rs), src/proxy.rs, src/cert_fetcher.rs;
istio/istio cni/pkg/nodeagent (ztunnelserver.go, informers.go). Each finding tells how strong it is: proof, or a hint.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.evidence import Evidence, Finding, annotation
from kubectl_ambient.mesh.ztunnel.case import Case, log_of, told
from kubectl_ambient.shell.command import Command, kubectl, offered
from kubectl_ambient.shell.words import inside, name

Row = Callable[[Case, datetime | None], Iterator[Finding]]

_MEANWHILE = (
    "where the redirection is still in its network its connections fail, and where it is not they are plain text, past "
    "its policies: which of the two, the API cannot tell"
)


def lacks(c: Case, now: datetime | None) -> Iterator[Finding]:
    """The annotation says that it is in, and ztunnel, which has other pods of the node, does not have it."""
    if c.verdict.observed == "enabled" and c.verdict.expected == "in" and c.entry is None:
        message = f"proof: the ztunnel of {c.pod.node} does not have this pod, so nobody serves it: {_MEANWHILE}"
        yield Finding.of(Code.ZTUNNEL_LACKS_POD, message, _written(c), c.told, fix=_again(c))


def blocks(c: Case, now: datetime | None) -> Iterator[Finding]:
    """ztunnel tries to listen in the pod's network, and cannot; it tries again every 5 s."""
    pending = c.entry is not None and c.entry.state == "Pending"
    if (c.verdict.observed == "enabled" and pending) or (c.verdict.observed == "pending" and (pending or not c.entry)):
        message = (
            f"proof: the ztunnel of {c.pod.node} cannot serve this pod: its log tells why after “failed to start proxy”"
            if pending
            else f"proof: the pod is pending, and the ztunnel of {c.pod.node} has not heard of it"
        )
        yield Finding.of(Code.ZTUNNEL_BLOCKED, message, _written(c), c.told, fix=log_of(c.agents.ztunnel))


def unwritten(c: Case, now: datetime | None) -> Iterator[Finding]:
    """ztunnel serves it, and istio-cni never came to write so: others send it plain text."""
    if c.verdict.expected == "in" and _has_lastingly(c):
        message = (
            f"strong hint: the ztunnel of {c.pod.node} has this pod, and istio-cni has not written the annotation: its "
            "last step keeps failing"
        )
        yield Finding.of(Code.ZTUNNEL_UNWRITTEN, message, _written(c), c.told, fix=log_of(c.agents.cni))


def keeps(c: Case, now: datetime | None) -> Iterator[Finding]:
    """It is out, and ztunnel still has it."""
    if c.verdict.expected == "out" and _has_lastingly(c):
        message = f"strong hint: this pod is out, and the ztunnel of {c.pod.node} still has it: its removal is not done"
        yield Finding.of(Code.ZTUNNEL_KEEPS_POD, message, _written(c), c.told, fix=_again_cni(c))


def plain(c: Case, now: datetime | None) -> Iterator[Finding]:
    """istiod tells ztunnels that the pod takes plain text: the annotation never reached it."""
    if _is_in(c) and c.workload is not None and c.workload.protocol == "TCP":
        others = {node for node, known in c.others.items() if known is not None and known.protocol == "HBONE"}
        message = (
            f"proof: clients on {c.pod.node} send this pod plain text, for ztunnel knows it as TCP{_stale(c, others)}"
        )
        evidence = told(c.pod.node, f"workloads[{c.pod.namespace}/{c.pod.name}].protocol", c.workload.protocol)
        yield Finding.of(Code.ZTUNNEL_SENDS_PLAIN, message, _written(c), evidence)


def nameless(c: Case, now: datetime | None) -> Iterator[Finding]:
    """ztunnel has its network and does not know whose it is: each connection waits 5 s, and fails."""
    if _is_in(c) and c.entry and c.entry.state == "Up" and c.workload is None:
        others = {node for node, known in c.others.items() if known is not None}
        message = (
            f"proof: the ztunnel of {c.pod.node} has heard nothing of this pod from istiod, so all of its connections "
            f"fail{_stale(c, others)}"
        )
        evidence = told(c.pod.node, f"workloads[{c.pod.namespace}/{c.pod.name}]", None)
        yield Finding.of(Code.ZTUNNEL_UNINFORMED, message, c.told, evidence)


def waypoint(c: Case, now: datetime | None) -> Iterator[Finding]:
    """ztunnel sends what is for the pod to another waypoint than its labels name."""
    if c.workload is None or not c.verdict.waypoint_known or not _is_in(c):
        return
    used, named = _gateway(c.workload.waypoint), c.verdict.waypoint
    if used is None or used == (named or ""):
        return
    there, here = f"to waypoint {used}" if used else "to no waypoint", f"waypoint {named}" if named else "none"
    message = (
        f"proof: ztunnel on {c.pod.node} sends what is for this pod {there}, and its labels name {here}: what istiod "
        "told it is old, or istiod decides otherwise"
    )
    field = f"workloads[{c.pod.namespace}/{c.pod.name}].waypoint.destination"
    evidence = told(c.pod.node, field, c.workload.waypoint or None)
    yield Finding.of(Code.ZTUNNEL_OTHER_WAYPOINT, message, evidence)


def certificate(c: Case, now: datetime | None) -> Iterator[Finding]:
    """Without a certificate that is valid, no connection of the pod's account can be encrypted."""
    found = c.certificate
    if found is None or not _is_in(c):
        return
    field = f"certificates[{found.identity}]"
    log = log_of(c.agents.ztunnel)
    if found.state.startswith("Unavailable"):
        message = (
            "proof: ztunnel has no certificate for the pod's account, so none of its connections through the mesh work"
        )
        evidence = told(c.pod.node, f"{field}.state", found.state)
        yield Finding.of(Code.CERTIFICATE_UNAVAILABLE, message, evidence, fix=log)
    elif found.state == "Initializing":
        message = (
            "hint: ztunnel waits for the first certificate of the pod's account; if it still does in a minute, istiod "
            "does not answer"
        )
        evidence = told(c.pod.node, f"{field}.state", found.state)
        yield Finding.of(Code.CERTIFICATE_UNAVAILABLE, message, evidence, fix=log, severity="warning")
    elif now is not None and found.ends is not None:
        evidence = told(c.pod.node, f"{field}.certChain[0].expirationTime", f"{found.ends:%Y-%m-%dT%H:%M:%SZ}")
        if found.ends <= now:
            message = (
                "proof: the certificate of the pod's account has run out, so its connections through the mesh fail"
            )
            yield Finding.of(Code.CERTIFICATE_OLD, message, evidence, fix=log)
        elif found.begins is not None and now - found.begins > (found.ends - found.begins) / 2:
            message = (
                "strong hint: the certificate of the pod's account is not renewed: more than half of its life is over"
            )
            yield Finding.of(Code.CERTIFICATE_OLD, message, evidence, fix=log, severity="warning")


ROWS: tuple[Row, ...] = (lacks, blocks, unwritten, keeps, plain, nameless, waypoint, certificate)


def _has_lastingly(c: Case) -> bool:
    up = c.entry is not None and c.entry.state == "Up"
    return c.verdict.observed == "absent" and up and c.lasts


def _is_in(c: Case) -> bool:
    return c.verdict.observed == "enabled" and c.verdict.expected == "in"


def _stale(c: Case, others: set[str]) -> str:
    """What the other nodes say to it."""
    if others:
        one = min(others)
        return f"; ztunnel on {one} knows better, so that of {c.pod.node} has lost istiod"
    return "; the other ztunnels say the same, so istiod does" if c.others else ""


def _gateway(destination: str) -> str | None:
    """`shop/wp` of `shop/wp.shop.svc.cluster.local`, empty for none; None where an address names it, to Istio 1.23."""
    if not destination:
        return ""
    namespace, _, host = destination.partition("/")
    labels = host.split(".")
    return f"{namespace}/{labels[0]}" if len(labels) > 2 and labels[1:3] == [namespace, "svc"] else None


def _written(c: Case) -> Evidence:
    return annotation(c.pod.ref, "ambient.istio.io/redirection", c.pod.annotations.redirection)


def _again(c: Case) -> Command | None:
    """Have it put in anew; a static pod is not made again by deleting its mirror, nor is one that nobody owns."""
    if c.pod.mirror or not c.verdict.owner:
        return None
    return offered(kubectl("delete pod", name(c.pod.name), *inside(c.pod.namespace)))


def _again_cni(c: Case) -> Command | None:
    agent = c.agents.cni.pod
    return offered(kubectl("delete pod", name(agent.name), *inside(agent.namespace))) if agent else None
