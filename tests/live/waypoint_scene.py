"""Namespaces with every way to have a waypoint, or to have none; what is told of each, and what istiod writes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import NamedTuple

from tests.rig.agent import is_ready
from tests.rig.api import Object
from tests.rig.cluster import Cluster
from tests.rig.l7 import external_name, service, service_entry, use, waypoint, workload_entry
from tests.rig.processes import wait_for
from tests.rig.workloads import AMBIENT, pod

from .test_status import a_namespace, annotated, phase

GATEWAYS = "/apis/gateway.networking.k8s.io/v1"
BOUND = "istio.io/WaypointBound"


class Names(NamedTuple):
    """The namespaces, by what their labels ask for.

    app: its own waypoint. guest: one of another namespace. quiet: none. plain: nothing. infra: waypoints for others.
    """

    app: str
    guest: str
    quiet: str
    plain: str
    infra: str


class Row(NamedTuple):
    """An object; what is told of it (`app/wp WaypointAccepted`), what istiod writes (`True WaypointAccepted`)."""

    item: Object
    told: str
    written: str = ""
    findings: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str, str]:
        """Kind, namespace and name."""
        metadata = self.item["metadata"]
        return self.item["kind"], metadata["namespace"], metadata["name"]


ACCEPTED, NOT_READY = "True WaypointAccepted", "False WaypointIsNotReady"
DENIED, UNSUPPORTED = "False AttachmentDenied", "False UnsupportedTrafficType"
UNUSED = ("WaypointNotUsed",)
UNHANDLED = (*UNUSED, "WaypointNotHandled")
NO_ADDRESS = ("ServiceWithoutAddress",)
NAMESPACE_ONLY = {"istio.io/use-waypoint-namespace": "elsewhere"}


def waypoints(n: Names) -> list[Object]:
    """`late` is of another revision, so that it never gets an address."""
    chosen: Object = {"from": "Selector", "selector": {"matchLabels": {"team": "guests"}}}
    return [
        waypoint("wp", n.app),
        waypoint("own", n.app, "service"),
        waypoint("both", n.app, "all"),
        waypoint("pods", n.app, "workload"),
        waypoint("dead", n.app, "all"),
        waypoint("typo", n.app, "Service"),
        waypoint("late", n.app, labels={"istio.io/rev": "no-such"}),
        waypoint("shared", n.infra, "all", allowed={"from": "All"}),
        waypoint("chosen", n.infra, allowed=chosen),
        waypoint("same", n.infra),
    ]


def services(n: Names) -> list[Row]:
    """Services of every way."""
    return [
        Row(service("cart", n.app), "app/wp WaypointAccepted", ACCEPTED),
        Row(service("by-own", n.app, use("own")), "app/own WaypointAccepted", ACCEPTED),
        Row(service("by-both", n.app, use("both")), "app/both WaypointAccepted", ACCEPTED),
        Row(service("refuses", n.app, use("none")), "- OptedOut"),
        Row(service("missing", n.app, use("no-such")), "- WaypointIsNotReady", NOT_READY, UNUSED),
        Row(service("late", n.app, use("late")), "- WaypointIsNotReady", NOT_READY, UNHANDLED),
        Row(service("empty", n.app, use("")), "- WaypointIsNotReady", NOT_READY, UNUSED),
        Row(service("nowhere", n.app, use("wp", "")), "- WaypointIsNotReady", NOT_READY, UNUSED),
        Row(service("half", n.app, NAMESPACE_ONLY), "app/wp WaypointAccepted", ACCEPTED),
        Row(service("wrong-type", n.app, use("pods")), "- UnsupportedTrafficType", UNSUPPORTED, UNUSED),
        Row(service("wrong-word", n.app, use("typo")), "- UnsupportedTrafficType", UNSUPPORTED, UNUSED),
        Row(service("by-dead", n.app, use("dead")), "app/dead WaypointAccepted", ACCEPTED, ("WaypointDead",)),
        Row(service("headless", n.app, clusterIP="None"), "app/wp WaypointAccepted", ACCEPTED, NO_ADDRESS),
        Row(external_name("alias", n.app), "- NotServed"),
        Row(external_name("alias-own", n.app, use("own")), "- NotServed"),
        Row(service("ingress", n.app, {"istio.io/ingress-use-waypoint": "true"}), "app/wp WaypointAccepted", ACCEPTED),
        Row(service("refused", n.app, use("same", n.infra)), "- AttachmentDenied", DENIED, UNUSED),
        Row(service("unchosen", n.app, use("chosen", n.infra)), "- AttachmentDenied", DENIED, UNUSED),
        Row(service("shared", n.app, use("shared", n.infra)), "infra/shared WaypointAccepted", ACCEPTED),
        Row(service("web", n.guest), "infra/shared WaypointAccepted", ACCEPTED),
        Row(service("chosen", n.guest, use("chosen", n.infra)), "infra/chosen WaypointAccepted", ACCEPTED),
        Row(service("refused", n.guest, use("same", n.infra)), "- AttachmentDenied", DENIED, UNUSED),
        # The namespace's use-waypoint-namespace does not count for a label of one's own.
        Row(service("at-home", n.guest, use("shared")), "- WaypointIsNotReady", NOT_READY, UNUSED),
        Row(service("web", n.quiet), "- OptedOut"),
        Row(service("asks", n.quiet, use("shared", n.infra)), "infra/shared WaypointAccepted", ACCEPTED),
        Row(service("web", n.plain), "- NotLabeled"),
        Row(service("half", n.plain, NAMESPACE_ONLY), "- NotLabeled"),
        Row(service("asks", n.plain, use("shared", n.infra)), "infra/shared WaypointAccepted", ACCEPTED),
    ]


def entries(n: Names) -> list[Row]:
    """ServiceEntries and WorkloadEntries: what lies out of the cluster."""
    fixed = ["240.1.2.3"]
    wildcard = ["*.shop.example"]
    return [
        Row(service_entry("fixed", n.app, addresses=fixed), "app/wp WaypointAccepted", ACCEPTED),
        Row(service_entry("allocated", n.app), "app/wp WaypointAccepted", ACCEPTED),
        # istiod gives no address to hosts that it does not resolve.
        Row(service_entry("bare", n.app, resolution="NONE"), "app/wp WaypointAccepted", ACCEPTED, NO_ADDRESS),
        Row(service_entry("refuses", n.app, use("none"), addresses=fixed), "- OptedOut"),
        Row(service_entry("missing", n.app, use("no-such")), "- WaypointIsNotReady", NOT_READY, UNUSED),
        Row(service_entry("wrong-type", n.app, use("pods")), "- UnsupportedTrafficType", UNSUPPORTED, UNUSED),
        Row(service_entry("refused", n.app, use("same", n.infra)), "- AttachmentDenied", DENIED, UNUSED),
        Row(service_entry("shared", n.app, use("shared", n.infra)), "infra/shared WaypointAccepted", ACCEPTED),
        Row(
            service_entry("wild", n.guest, hosts=wildcard, resolution="DYNAMIC_DNS"),
            "infra/shared WaypointAccepted",
            ACCEPTED,
        ),
        Row(
            service_entry("wild", n.plain, hosts=wildcard, resolution="DYNAMIC_DNS"),
            "- NotLabeled",
            "",
            ("ServiceEntryInactive",),
        ),
        Row(workload_entry("vm", n.app, address="10.9.0.1"), "- NotForWorkloads"),
        Row(workload_entry("vm-own", n.app, use("pods"), address="10.9.0.2"), "app/pods WaypointAccepted", ACCEPTED),
        Row(
            workload_entry("vm-spec", n.app, spec_labels=use("both"), address="10.9.0.3"),
            "app/both WaypointAccepted",
            ACCEPTED,
        ),
        Row(
            workload_entry("vm-type", n.app, use("own"), address="10.9.0.4"),
            "- UnsupportedTrafficType",
            UNSUPPORTED,
            UNUSED,
        ),
        Row(
            workload_entry("vm-missing", n.app, use("no-such"), address="10.9.0.5"),
            "- WaypointIsNotReady",
            NOT_READY,
            UNUSED,
        ),
        Row(workload_entry("vm-refuses", n.app, use("none"), address="10.9.0.6"), "- OptedOut"),
        Row(
            workload_entry("vm-refused", n.app, use("same", n.infra), address="10.9.0.7"),
            "- AttachmentDenied",
            DENIED,
            UNUSED,
        ),
        Row(workload_entry("vm", n.guest, address="10.9.0.8"), "infra/shared WaypointAccepted", ACCEPTED),
    ]


def pods(n: Names) -> list[Row]:
    """Pods, on which istiod writes nothing."""
    out = {"istio.io/dataplane-mode": "none"}
    return [
        Row(pod("inherits", n.app), "- NotForWorkloads"),
        Row(pod("own", n.app, labels=use("pods")), "app/pods WaypointAccepted"),
        Row(pod("both", n.app, labels=use("both")), "app/both WaypointAccepted"),
        Row(pod("wrong-type", n.app, labels=use("own")), "- UnsupportedTrafficType", "", UNUSED),
        Row(pod("missing", n.app, labels=use("no-such")), "- WaypointIsNotReady", "", UNUSED),
        Row(pod("refuses", n.app, labels=use("none")), "- OptedOut"),
        Row(pod("refused", n.app, labels=use("same", n.infra)), "- AttachmentDenied", "", UNUSED),
        Row(pod("dead", n.app, labels=use("dead")), "app/dead WaypointAccepted", "", ("WaypointDead",)),
        Row(
            pod("out", n.app, labels={**use("both"), **out}),
            "app/both WaypointAccepted",
            "",
            ("WaypointForPlainPod",),
        ),
        Row(pod("inherits", n.guest), "infra/shared WaypointAccepted"),
        Row(pod("host", n.guest, host_network=True), "infra/shared WaypointAccepted", "", ("WaypointForHostNetwork",)),
        Row(pod("inherits", n.quiet), "- OptedOut"),
        Row(pod("inherits", n.plain), "- NotLabeled"),
    ]


def rows(n: Names) -> list[Row]:
    """All of them."""
    return [*services(n), *entries(n), *pods(n)]


@contextmanager
def scene(cluster: Cluster) -> Iterator[Names]:
    """The namespaces, with everything settled and the proxies of `dead` gone."""
    with ExitStack() as stack:

        def make(stem: str, labels: dict[str, str]) -> str:
            return stack.enter_context(a_namespace(cluster, stem, labels))

        infra = make("infra", {})
        n = Names(
            app=make("app", {**AMBIENT, **use("wp")}),
            guest=make("guest", {**AMBIENT, **use("shared", infra), "team": "guests"}),
            quiet=make("quiet", {**AMBIENT, **use("none")}),
            plain=make("plain", {}),
            infra=infra,
        )
        cluster.apply(*waypoints(n))
        wait_until_serving(cluster, *(w for w in waypoints(n) if w["metadata"]["name"] != "late"))
        cluster.apply(*(row.item for row in rows(n)))
        # istiod keeps the address, and nothing but the Deployment tells how many pods there are to be.
        cluster.api.patch(f"/apis/apps/v1/namespaces/{n.app}/deployments/dead", {"spec": {"replicas": 0}})
        wait_for("the proxies of dead to go", lambda: _is_dead(cluster, n))
        for row in pods(n):
            _, namespace, name = row.key
            phase(cluster, namespace, name, "Running")
            if not set(row.findings) & {"WaypointForPlainPod", "WaypointForHostNetwork"}:
                annotated(cluster, namespace, name, None if namespace == n.plain else "enabled")
        yield n


def wait_until_serving(cluster: Cluster, *made: Object) -> None:
    """Wait until istiod has made these waypoints and says so, and their proxies are Ready."""
    for each in made:
        namespace, name = each["metadata"]["namespace"], each["metadata"]["name"]
        wait_for(f"waypoint {name}", partial(_is_serving, cluster, namespace, name))


def _is_serving(cluster: Cluster, namespace: str, name: str) -> bool:
    found = cluster.api.get(f"{GATEWAYS}/namespaces/{namespace}/gateways/{name}") or {}
    status = found.get("status", {})
    programmed = any(c["type"] == "Programmed" and c["status"] == "True" for c in status.get("conditions", []))
    proxies = cluster.pods(namespace, f"gateway.networking.k8s.io/gateway-name={name}")
    return programmed and bool(status.get("addresses")) and any(map(is_ready, proxies))


def _is_dead(cluster: Cluster, n: Names) -> bool:
    """Whether its proxies are gone. istiod leaves Programmed as it was, until something makes it push everything."""
    return not cluster.pods(n.app, "gateway.networking.k8s.io/gateway-name=dead")
