"""NetworkPolicies on a leg of a path: at the port that the packet has there."""

from __future__ import annotations

from kubectl_ambient.cluster.facts import Unread
from kubectl_ambient.cluster.network_facts import NetworkPolicy
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.answers import Answer
from kubectl_ambient.mesh.network import ruling
from kubectl_ambient.mesh.network.packets import HBONE, PROBES, End, NamedPort, Packet
from kubectl_ambient.mesh.path.parties import Party
from kubectl_ambient.mesh.path.way import Decider, Network, Protocol, Saying

_NO_PORT = 0  # no rule names it


class Networks:
    """Asks the NetworkPolicies of one snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._ends: dict[str, End] = {}
        self._of: dict[str, list[NetworkPolicy]] = {}
        for policy in snapshot.network_policies:
            self._of.setdefault(policy.namespace, []).append(policy)
        for policies in self._of.values():
            policies.sort(key=lambda policy: policy.name)

    def leg(self, source: Party, destination: Party, protocol: Protocol, port: int | None) -> Network:
        """What they say of a leg. port: that of the application, None for one that no rule names."""
        number = HBONE if protocol == "HBONE" else port
        if source.role == "host" and destination.role != "host" and _same_node(source, destination):
            return self._from_own_node(source, destination, number)
        packet = Packet(self._end(source), self._end(destination), _NO_PORT if number is None else number)
        out, why_out = self._asked(source, packet, "egress")
        into, why_into = self._asked(destination, packet, "ingress")
        return _network(number, out, into, why_out or why_into)

    def _from_own_node(self, source: Party, destination: Party, number: int | None) -> Network:
        """A node may always speak to its pods; but to a captured one it comes from another address than its own.

        [k8s.io/docs NetworkPolicy; istio cni/pkg/iptables `AppendHostRules`]
        """
        if destination.role not in ("ambient", "pending"):
            return Network(number, True, True)
        packet = Packet(End(ref=source.ref, ips=PROBES[:1]), self._end(destination), number or _NO_PORT)
        into, why = self._asked(destination, packet, "ingress")
        return _network(number, ruling.Ruling(allowed=True), into, why)

    def _asked(self, party: Party, packet: Packet, direction: str) -> tuple[ruling.Ruling, str]:
        pod = party.pod
        if pod is None or party.role == "host":
            return ruling.Ruling(allowed=True), ""
        asks = ruling.egress if direction == "egress" else ruling.ingress
        found = asks(self._of.get(pod.namespace, ()), packet)
        unread = self.unread(pod.namespace)
        if unread is None or (found.allowed is False and not found.by):
            return found, ""
        # What was not read may isolate the pod, or let through what another one does not.
        return ruling.Ruling(allowed=None), str(unread)

    def unread(self, namespace: str) -> Unread | None:
        """Why the NetworkPolicies of a namespace are not known."""
        return self._snapshot.why_unread("network_policies", namespace)

    def _end(self, party: Party) -> End:
        if party.ref not in self._ends:
            self._ends[party.ref] = self._new_end(party)
        return self._ends[party.ref]

    def _new_end(self, party: Party) -> End:
        pod = party.pod
        if pod is None or party.role == "host":
            return End(ref=party.ref, ips=party.ips)
        home = self._snapshot.namespaces.get(pod.namespace)
        return End(
            ref=party.ref,
            ips=party.ips,
            namespace=pod.namespace,
            labels=pod.labels,
            namespace_labels=home.labels if home is not None and not isinstance(home, Unread) else home,
            ports=tuple(NamedPort(port.name, port.number, port.protocol) for port in party.ports if port.name),
        )


def _same_node(source: Party, destination: Party) -> bool:
    return bool(destination.node) and source.node in ("", destination.node)


def _network(port: int | None, out: ruling.Ruling, into: ruling.Ruling, why: str) -> Network:
    refusing = [found for found in (out, into) if found.allowed is False]
    doubted = [found for found in (out, into) if found.allowed is None]
    by = [policy.ref for found in refusing or doubted or (out, into) for policy in found.by]
    return Network(port, out.allowed, into.allowed, tuple(dict.fromkeys(by)), why)


def word(found: Network, source: Party, destination: Party) -> Saying | None:
    """What is said of a leg; None where it passes."""
    passes: Answer = found.allowed
    if passes:
        return None
    by = tuple(Decider(ref, "network") for ref in found.decided_by)
    names, where = ", ".join(found.decided_by), f"{source.ref} to {destination.ref}"
    port = f"port {found.port}" if found.port is not None else "a port that no policy names"
    if passes is False:
        way = "go from" if found.egress is False else "come from"
        return Saying(outcome="denied", message=f"{names} lets no TCP to {port} {way} {where}", by=by)
    if found.why:
        return Saying(outcome="unknown", message=f"{found.why}, which may hold back TCP to {port} from {where}", by=by)
    asked = source if not source.ips else destination
    return Saying(
        outcome="depends" if asked.role in ("outside", "host") else "unknown",
        message=f"{names} decides about TCP to {port} from {where} by what is not known of the two",
        by=by,
    )
