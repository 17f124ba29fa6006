"""What the ztunnel of one node says of itself, and of pods that are not there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import cached_property

from msgspec import Struct

from kubectl_ambient.cluster.facts import Pod, Unread
from kubectl_ambient.cluster.policy_facts import AuthorizationPolicy
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.cluster.ztunnel.counts import Counts
from kubectl_ambient.cluster.ztunnel.dump import Dump
from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.evidence import Evidence, Finding
from kubectl_ambient.mesh.few import few
from kubectl_ambient.mesh.installation import versions
from kubectl_ambient.mesh.installation.agents import Installation, NodeAgents
from kubectl_ambient.mesh.ztunnel.case import By, log_of, moving, told
from kubectl_ambient.shell.command import kubectl, offered
from kubectl_ambient.shell.words import inside, name

_LONG = timedelta(seconds=60)


class NodeProof(Struct, frozen=True, kw_only=True, gc=False):
    """One node. ztunnel: `Pod/istio-system/ztunnel-x`; None where it is not known. by: None where it did not tell."""

    node: str
    ztunnel: str | None
    version: str | None = None
    by: By | None = None
    why: str | None = None
    findings: tuple[Finding, ...] = ()


def alike(whys: Iterable[tuple[str, str]]) -> list[tuple[list[str], str]]:
    """The nodes with the same reason, which may name its node, and that of the first of them."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for node, why in whys:
        groups.setdefault(why.replace(node, ""), []).append((node, why))
    return [([node for node, _ in group], group[0][1]) for group in groups.values()]


class _Asked(Struct, frozen=True, kw_only=True, gc=False):
    """A node, what its ztunnel says, and what Kubernetes says of it. redirected: how many pods it should have.

    gone: whether a pod of that uid and namespace is no more. told: the AuthorizationPolicies of which istiod wrote,
    a while ago, that ztunnels were told of them.
    """

    node: str
    dump: Dump
    agents: NodeAgents
    redirected: int
    others: Mapping[str, Dump]
    gone: Callable[[str, str], bool]
    told: tuple[AuthorizationPolicy, ...]


class NodeProofs:
    """Judges the ztunnels of a snapshot."""

    def __init__(self, snapshot: Snapshot, installation: Installation) -> None:
        self._snapshot = snapshot
        self._installation = installation
        self._dumps: Mapping[str, Dump | Counts | Unread] = snapshot.ztunnels or {}

    def of(self, pods: Iterable[Pod]) -> list[NodeProof]:
        """Those of the nodes on which some of these pods are redirected, in the order of their names."""
        redirected: dict[str, int] = {}
        for pod in pods:
            if pod.node and pod.annotations.redirection in ("enabled", "pending") and not pod.finished:
                redirected[pod.node] = redirected.get(pod.node, 0) + self._counts(pod)
        return [self._node(node, count) for node, count in sorted(redirected.items())]

    def _counts(self, pod: Pod) -> bool:
        """Whether ztunnel has to have it: it is in, neither young nor about to end, and did not change meanwhile."""
        same = f"{pod.namespace}/{pod.name}" in self._snapshot.on_network.facts
        return same and pod.annotations.redirection == "enabled" and moving(pod, self._snapshot.now) is None

    def _node(self, node: str, redirected: int) -> NodeProof:
        agents, dump = self._installation.on(node), self._dumps.get(node)
        ztunnel = agents.ztunnel.pod.ref if agents.ztunnel.pod else None
        if isinstance(dump, Counts):
            findings = tuple(finding for row in _BY_COUNTS for finding in row(node, dump, redirected, agents))
            return NodeProof(node=node, ztunnel=ztunnel, by="counts", findings=findings)
        if not isinstance(dump, Dump):
            why = "it was not asked" if dump is None else f"{dump.what}: {dump.why}"
            return NodeProof(node=node, ztunnel=ztunnel, why=why)
        asked = _Asked(
            node=node,
            dump=dump,
            agents=agents,
            redirected=redirected,
            others={n: d for n, d in self._dumps.items() if isinstance(d, Dump) and n != node},
            gone=self._gone,
            told=self._told,
        )
        findings = tuple(finding for row in _ROWS for finding in row(asked))
        return NodeProof(node=node, ztunnel=ztunnel, version=dump.version or None, by="dump", findings=findings)

    def _gone(self, uid: str, namespace: str) -> bool:
        """In a cluster that takes two samples; files are taken to be of one moment."""
        if not self._snapshot.from_files:
            return uid in self._snapshot.gone_pods
        return uid not in self._uids and self._snapshot.on_network.covers(namespace)

    @cached_property
    def _uids(self) -> frozenset[str]:
        return frozenset(pod.uid for pod in self._snapshot.on_network)

    @cached_property
    def _told(self) -> tuple[AuthorizationPolicy, ...]:
        found, now = self._snapshot.authorization_policies.facts, self._snapshot.now
        kept = frozenset(found) if self._snapshot.from_files else self._snapshot.kept_policies
        return tuple(policy for key, policy in sorted(found.items()) if key in kept and _told_long_ago(policy, now))


def _told_long_ago(policy: AuthorizationPolicy, now: datetime | None) -> bool:
    """istiod writes so when it sends it [pilot/pkg/serviceregistry/ambient/policies.go]; ztunnel has it in a moment."""
    written = policy.condition("ZtunnelAccepted")
    if written is None or not written.true or written.since is None or now is None:
        return False
    looked_at = policy.generation is None or written.generation in (None, policy.generation)
    return looked_at and now - written.since > _LONG


def _fewer(node: str, counts: Counts, redirected: int, agents: NodeAgents) -> Iterator[Finding]:
    """It listens for fewer pods than are redirected to it: some are not served, and which, it does not tell."""
    if counts.active is not None and counts.active < redirected:
        lost = redirected - counts.active
        pods = "1 of the pods" if lost == 1 else f"{lost} of the pods"
        message = (
            f"proof: at least {pods} that are redirected on {node} are not served: its ztunnel listens for "
            f"{counts.active}, and {redirected} are redirected to it; which they are, only its dump tells"
        )
        field = "workload_manager_active_proxy_count"
        evidence = Evidence(f"metrics of ztunnel on {node}", field, str(counts.active))
        yield Finding.of(Code.ZTUNNEL_HAS_FEWER, message, evidence, fix=log_of(agents.ztunnel))


def _not_connected(node: str, counts: Counts, redirected: int, agents: NodeAgents) -> Iterator[Finding]:
    """istio-cni stays Ready without a connection to ztunnel [cni/pkg/nodeagent]."""
    if counts.connected == 0:
        message = (
            f"proof: the istio-cni of {node} is not connected to ztunnel: no pod can be put in there, and a ztunnel "
            "that restarts serves none"
        )
        evidence = Evidence(f"metrics of istio-cni on {node}", "ztunnel_connected", "0")
        yield Finding.of(Code.ZTUNNEL_NOT_CONNECTED, message, evidence, fix=log_of(agents.cni))


_TASKS = {
    "state manager": "the first answer of istiod",
    "workload proxy manager": "istio-cni, or a pod in whose network it cannot listen",
}


def _waits(node: str, counts: Counts, redirected: int, agents: NodeAgents) -> Iterator[Finding]:
    """It tells itself what keeps it from being ready."""
    if counts.waits_for:
        tasks = ", ".join(f"{_TASKS[task]} ({task})" if task in _TASKS else task for task in counts.waits_for)
        evidence = Evidence(f"readiness of ztunnel on {node}", "pending", ", ".join(counts.waits_for))
        message = f"the ztunnel of {node} is not ready: it waits for {tasks}"
        yield Finding.of(Code.ZTUNNEL_WAITS, message, evidence)


_BY_COUNTS = (_fewer, _not_connected, _waits)


def _empty(a: _Asked) -> Iterator[Finding]:
    """It proxies pods, and has none, while some are redirected to it."""
    if a.dump.proxied == {} and a.redirected and a.agents.ztunnel.status == "ready":  # one that starts has none yet
        pods = "1 pod that is" if a.redirected == 1 else f"{a.redirected} pods that are"
        message = (
            f"proof: the ztunnel of {a.node} has no pod at all, and does not serve {pods} redirected to it: istio-cni "
            "has not connected, or istiod has never answered it"
        )
        yield Finding.of(Code.ZTUNNEL_EMPTY, message, told(a.node, "workloadState", "{}"), fix=log_of(a.agents.cni))


def _dead(a: _Asked) -> Iterator[Finding]:
    """It holds the network of pods that are no more; entries that are Pending are known to be left behind."""
    gone = sorted(
        f"{entry.namespace}/{entry.name}"
        for uid, entry in (a.dump.proxied or {}).items()
        if entry.state == "Up" and entry.name and a.gone(uid, entry.namespace)
    )
    if gone:
        message = (
            f"strong hint: the ztunnel of {a.node} still has pods that are gone ({few(gone)}): after its next restart "
            "it will not become Ready"
        )
        evidence = told(a.node, "workloadState", f"{len(gone)} of {len(a.dump.proxied or ())} are of no pod")
        cni = a.agents.cni.pod
        fix = offered(kubectl("delete pod", name(cni.name), *inside(cni.namespace))) if cni else None
        yield Finding.of(Code.ZTUNNEL_HAS_GONE_PODS, message, evidence, fix=fix)


def _differs(a: _Asked) -> Iterator[Finding]:
    """It lacks policies that another ztunnel has: every ztunnel is told all of them."""
    for node, other in sorted(a.others.items()):
        lacking = sorted(other.policies - a.dump.policies - {f"{p.namespace}/{p.name}" for p in a.told})
        if lacking:
            message = (
                f"strong hint: the ztunnel of {a.node} lacks policies that {node}'s has ({few(lacking)}), and does "
                "not enforce them: it has lost istiod, or the other one has"
            )
            evidence = told(a.node, "policies", f"{len(a.dump.policies)}, and {len(other.policies)} on {node}")
            yield Finding.of(Code.ZTUNNELS_DIFFER, message, evidence)
            return


def _lacks_policies(a: _Asked) -> Iterator[Finding]:
    """It does not have policies that istiod wrote it was told of."""
    lacking = [policy for policy in a.told if f"{policy.namespace}/{policy.name}" not in a.dump.policies]
    if lacking:
        names = few([f"{policy.namespace}/{policy.name}" for policy in lacking])
        message = (
            f"strong hint: the ztunnel of {a.node} does not have {names}, which istiod has told ztunnels of, and does "
            "not enforce what it does not have"
        )
        has = told(a.node, "policies", f"{len(a.dump.policies)} policies, these are not among them")
        written = Evidence(lacking[0].ref, "status.conditions[ZtunnelAccepted].status", "True")
        yield Finding.of(Code.ZTUNNEL_LACKS_POLICY, message, has, written, fix=log_of(a.agents.ztunnel))


def _version(a: _Asked) -> Iterator[Finding]:
    """Another version runs than the image of its pod has."""
    pod = a.agents.ztunnel.pod
    image = pod.agent.image if pod and pod.agent else ""
    written, runs = versions.named(versions.tag_of(image)), versions.named(a.dump.version)
    if pod and written and runs and written.exact and written.version != runs.version:
        message = f"the ztunnel of {a.node} runs {runs.text}, and the image of its pod is of {written.text}"
        yield Finding.of(Code.ZTUNNEL_VERSION_DIFFERS, message, told(a.node, "version.istioVersion", a.dump.version))


def _dns(a: _Asked) -> Iterator[Finding]:
    """istio-cni leads the DNS of pods to it, and it does not answer."""
    if a.dump.dns_capture is False and all(rules.dns_capture is True for rules in a.agents.worlds):
        message = f"proof: istio-cni captures the DNS of pods on {a.node}, and its ztunnel does not answer it"
        setting = a.agents.worlds[-1].dns_capture_told.evidence
        yield Finding.of(Code.DNS_NOT_ANSWERED, message, told(a.node, "config.dnsProxy", "false"), setting)


_ROWS = (_empty, _dead, _lacks_policies, _differs, _version, _dns)
