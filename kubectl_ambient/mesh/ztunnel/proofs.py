"""Compares what Kubernetes says of pods with what the ztunnels of their nodes say."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from kubectl_ambient.cluster.facts import Pod, Unread
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.cluster.ztunnel.counts import Counts
from kubectl_ambient.cluster.ztunnel.dump import Certificate, Dump, Proxied
from kubectl_ambient.mesh.installation.agents import Installation
from kubectl_ambient.mesh.verdict import Verdict
from kubectl_ambient.mesh.ztunnel.case import Case, Proof, Serves, moving
from kubectl_ambient.mesh.ztunnel.rows import ROWS

WITNESSES = 2
"""Of so many nodes, the first by name, a snapshot holds what their ztunnels say of all pods in question."""
_DEDICATED = "ztunnel does not proxy the pods of its node (PROXY_MODE=dedicated)"
_EMPTY = "ztunnel has no pod at all: istio-cni has not connected to it, or istiod has never answered it"
_COUNTED = "only the counts of its ztunnel may be read, which do not tell one pod from another"
_LEFT = "it should be out, and ztunnel does not have it any more"


class Proofs:
    """Judges pods by the dumps of one snapshot. Pure: the same snapshot gives the same proofs."""

    def __init__(self, snapshot: Snapshot, installation: Installation) -> None:
        self._snapshot = snapshot
        self._installation = installation
        self._dumps: Mapping[str, Dump | Counts | Unread] = snapshot.ztunnels or {}

    def of(self, pod: Pod, verdict: Verdict) -> Proof | None:
        """Whether the pod is served; None for one that is out and that ztunnel does not have either."""
        if not pod.node or pod.finished:
            return None
        dump = self._dumps.get(pod.node)
        concerned = verdict.observed != "absent"
        if isinstance(dump, Counts):
            return Proof(served="unknown", by="counts", why=_COUNTED) if concerned else None
        if dump is None or isinstance(dump, Unread):
            return _unknown(_why(dump)) if concerned else None
        known = self._snapshot.on_network.get(f"{pod.namespace}/{pod.name}")
        if isinstance(known, Unread) or known is None or not known.uid:
            missing = known.why if isinstance(known, Unread) else "the pod's uid is not known"
            return _unknown(missing) if concerned else None
        case = self._case(pod, verdict, known.uid, known.ips, dump)
        why = self._moving(case)
        served: Serves = "unknown" if why else _served(case)
        findings = () if why else tuple(finding for row in ROWS for finding in row(case, self._snapshot.now))
        if not concerned and case.entry is None:
            return None
        return Proof(
            served=served,
            state=case.entry.state if case.entry else "Absent",
            by="dump",
            why=why or (_LEFT if served == "unknown" else None),
            evidence=(case.told,),
            findings=findings,
        )

    def _case(self, pod: Pod, verdict: Verdict, uid: str, ips: tuple[str, ...], dump: Dump) -> Case:
        key = f"{pod.namespace}/{pod.name}"
        entry = (dump.proxied or {}).get(uid)
        return Case(
            pod=pod,
            verdict=verdict,
            uid=uid,
            ips=ips,
            dump=dump,
            agents=self._installation.on(pod.node),
            entry=entry,
            workload=dump.workloads.get(key),
            others={n: d.workloads.get(key) for n, d in self._witnesses.items() if n != pod.node},
            certificate=_certificate(dump, pod, entry),
            lasts=self._snapshot.from_files or uid in self._snapshot.odd_pods,
        )

    def _moving(self, case: Case) -> str | None:
        """Why nothing can be said of it from this dump; None where something can."""
        pod, proxied = case.pod, case.dump.proxied
        why = moving(pod, self._snapshot.now)
        if why or case.entry is not None:
            return why
        if proxied is None:
            return _DEDICATED
        if not proxied:
            return _EMPTY
        if case.agents.ztunnel.status == "not ready" and case.verdict.observed == "enabled":
            return f"the ztunnel of {pod.node} is not Ready, and may not have heard of it yet"
        return None

    @cached_property
    def _witnesses(self) -> dict[str, Dump]:
        """Those that tell of pods of other nodes as well."""
        first = sorted(self._dumps)[:WITNESSES]
        return {node: dump for node in first if isinstance(dump := self._dumps[node], Dump)}


def _served(c: Case) -> Serves:
    if c.entry is None:
        lost = c.verdict.expected == "in"
        return ("no" if c.verdict.observed == "enabled" else "blocked") if lost else "unknown"
    if c.entry.state == "Up":
        return "yes" if c.entry.redirects(c.ips) else "listening"
    return "blocked"


def _certificate(dump: Dump, pod: Pod, entry: Proxied | None) -> Certificate | None:
    if entry is None or not entry.service_account:
        return None
    account = f"{pod.namespace}/{entry.service_account}"
    return next((found for found in dump.certificates if found.account == account), None)


def _unknown(why: str) -> Proof:
    return Proof(served="unknown", why=why)


def _why(dump: Unread | None) -> str:
    return "the ztunnel of its node was not asked" if dump is None else f"{dump.what}: {dump.why}"
