"""NetworkPolicies that open a port between pods in the mesh and keep 15008 shut, where their packets really go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Literal, TypeVar

from msgspec import Struct

from kubectl_ambient.cluster.facts import Namespace, Pod
from kubectl_ambient.cluster.network_facts import NetworkPolicy
from kubectl_ambient.mesh.check.check import Hit
from kubectl_ambient.mesh.evidence import Evidence
from kubectl_ambient.mesh.network.packets import HBONE, End, NamedPort, Packet
from kubectl_ambient.mesh.network.ruling import Ruling, egress, ingress
from kubectl_ambient.mesh.selectors import matches

if TYPE_CHECKING:
    from kubectl_ambient.mesh.check.judged import Judged

T = TypeVar("T", "_Group", NetworkPolicy)
_SOME = 1  # stands for the number of a port that is known by its name


class _Group(Struct, frozen=True):
    """Pods in ambient mode with the same labels, as one end of a connection; `ports`: where Services send to."""

    pod: Pod
    end: End
    ports: tuple[int, ...]

    @property
    def namespace(self) -> str:
        """That of its pods."""
        return self.pod.namespace


class Shut(Struct, frozen=True):
    """The policies on who receives (`Ingress`), or on who sends (`Egress`); each set of them once."""

    direction: Literal["Ingress", "Egress"]

    def __call__(self, judged: Judged) -> Iterator[Hit]:
        """One hit for each set of policies, with the first pair of pods that it parts."""
        policies = _by_namespace(judged.snapshot.network_policies.known)
        groups = _by_namespace(_groups(judged) if policies else ())
        seen: set[tuple[str, ...]] = set()
        for group in (group for home in groups if judged.within(home) for group in groups[home]):
            mine = [policy for policy in policies.get(group.namespace, ()) if self._isolates(policy, group)]
            key = tuple(policy.ref for policy in mine)
            if not mine or key in seen:
                continue
            found = next(self._parted(group, self._near(mine, group, groups), mine), None)
            if found is not None:
                seen.add(key)
                yield found

    def _near(self, policies: list[NetworkPolicy], group: _Group, groups: dict[str, list[_Group]]) -> Iterator[_Group]:
        """Who may be meant: only pods of the namespace, where no rule speaks of other ones."""
        rules = (rule for p in policies for rule in (p.ingress if self.direction == "Ingress" else p.egress))
        far = any(not rule.peers or any(peer.namespace_selector for peer in rule.peers) for rule in rules)
        yield from (other for home in (groups if far else (group.namespace,)) for other in groups[home])

    def _isolates(self, policy: NetworkPolicy, group: _Group) -> bool:
        return self.direction in policy.isolates and matches(policy.pod_selector, group.pod.labels)

    def _parted(self, group: _Group, others: Iterable[_Group], policies: list[NetworkPolicy]) -> Iterator[Hit]:
        for other in others:
            if other is group:
                continue
            source, destination = (other, group) if self.direction == "Ingress" else (group, other)
            shut = self._rule(policies, source, destination, HBONE)
            if shut.allowed is not False:
                continue
            for port in destination.ports:
                if self._rule(policies, source, destination, port).allowed is True:
                    yield _hit(source.pod, destination, port, shut, self.direction)

    def _rule(self, policies: list[NetworkPolicy], source: _Group, destination: _Group, port: int) -> Ruling:
        ask = ingress if self.direction == "Ingress" else egress
        return ask(policies, Packet(source.end, destination.end, port))


def _hit(source: Pod, destination: _Group, port: int, shut: Ruling, direction: str) -> Hit:
    policy, *others = shut.by
    pods = f"pod {source.namespace}/{source.name} reach {destination.pod.namespace}/{destination.pod.name}"
    at = f"port {destination.end.ports[0].name}" if port == _SOME else f"port {port}"
    with_others = f" with {', '.join(other.ref for other in others)}" if others else ""
    return Hit(
        object=policy.ref,
        message=f"it lets {pods} at {at}{with_others}, and not at {HBONE}, where all of it goes in the mesh: it fails",
        severity="error",
        evidence=tuple(Evidence(one.ref, f"spec.{direction.lower()}", f"no rule for {HBONE}") for one in shut.by),
    )


def _by_namespace(found: Iterable[T]) -> dict[str, list[T]]:
    homes: dict[str, list[T]] = {}
    for one in found:
        homes.setdefault(one.namespace, []).append(one)
    return homes


def _groups(judged: Judged) -> list[_Group]:
    """The pods in ambient mode by namespace and labels; one of each."""
    found: dict[tuple[str, frozenset[tuple[str, str]]], _Group] = {}
    for pod, verdict in judged.every_verdict:
        key = (pod.namespace, frozenset(pod.labels.items()))
        if verdict.mode == "ambient" and not pod.host_network and not pod.finished and key not in found:
            found[key] = _group(pod, judged)
    return list(found.values())


def _group(pod: Pod, judged: Judged) -> _Group:
    targets = judged.ports_of(pod)
    names = [target for target in targets if isinstance(target, str)]
    home = judged.snapshot.namespaces.get(pod.namespace)
    end = End(
        ref=pod.ref,
        namespace=pod.namespace,
        labels=pod.labels,
        namespace_labels=home.labels if isinstance(home, Namespace) else home,
        ports=tuple(NamedPort(name, _SOME) for name in names),
    )
    return _Group(pod, end, tuple(dict.fromkeys(_SOME if isinstance(t, str) else t for t in targets)))
