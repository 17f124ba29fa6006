"""What to do about a waypoint: the command, and that it does what it says where that can be tried on facts."""

from __future__ import annotations

import json
import shlex
from itertools import pairwise
from typing import Any, cast

import msgspec
import pytest
from msgspec import structs

from kubectl_ambient.change.waypoint.use_waypoint import UseWaypoint, with_waypoint
from kubectl_ambient.cluster.facts import LabelSelector, Namespace, Owner, Pod, Requirement, Unread
from kubectl_ambient.cluster.kinds import workload_entries as wire
from kubectl_ambient.cluster.kinds.conditions import Condition
from kubectl_ambient.cluster.kinds.gateways import Gateway, Listener
from kubectl_ambient.cluster.kinds.services import Service
from kubectl_ambient.cluster.served import WAYPOINT_BOUND
from kubectl_ambient.mesh.waypoint.explained import explain
from kubectl_ambient.mesh.waypoint.judge import WaypointJudge
from kubectl_ambient.mesh.waypoint.namespace import namespace_use
from kubectl_ambient.mesh.waypoint.rules import Target
from tests.lines import line
from tests.mesh.builders import pod
from tests.mesh.l7_builders import FORBIDDEN, HBONE, USE, USE_NS, WP, a_mesh
from tests.mesh.meshes import MESHES, snapshot
from tests.snapshots import altered

CART = Service(namespace="app", name="cart", cluster_ips=("10.0.0.1",))


def commands(target: Service | Pod, *gateways: Gateway, namespace: dict[str, str] | None = None) -> list[str]:
    return [line(fix.command) for fix in explained(target, *gateways, namespace=namespace).fixes]


def explained(target: Target, *gateways: Gateway, namespace: dict[str, str] | None = None) -> Any:
    namespaces = {"app": Namespace(name="app", labels=namespace or {}), "far": Namespace(name="far")}
    return explain(WaypointJudge(a_mesh(*gateways, namespaces=namespaces)), target)


def labelled(**labels: str) -> Service:
    return structs.replace(CART, labels={{"use": USE, "home": USE_NS}[key]: value for key, value in labels.items()})


def test_nothing_named_and_a_waypoint_there() -> None:
    assert commands(CART, WP) == ["kubectl ambient waypoint enable svc cart -n app --waypoint wp"]


def test_nothing_named_and_none_there() -> None:
    create, enable = commands(CART)
    assert create == "istioctl waypoint apply -n app --name waypoint --wait"
    assert enable == "kubectl ambient waypoint enable svc cart -n app --waypoint waypoint"


def test_nothing_is_written_over_a_waypoint_that_is_there() -> None:
    enable = "kubectl ambient waypoint enable svc cart -n app --waypoint waypoint"
    there = structs.replace(WP, name="waypoint")
    for_pods = structs.replace(there, labels={"istio.io/waypoint-for": "workload"})
    create, other = commands(CART, for_pods)
    assert (create, other) == ("istioctl waypoint apply -n app --name waypoint-2 --wait", f"{enable}-2")
    describe, pods, last = commands(CART, structs.replace(there, addresses=()))
    assert (describe, pods.split()[1], last) == ("kubectl describe gateway waypoint -n app", "get", enable)
    create, other = commands(CART, structs.replace(there, listeners=()))
    assert create == "istioctl waypoint apply -n app --name waypoint-2 --wait"
    assert other == f"{enable}-2"


def test_a_pod_wants_a_waypoint_for_workloads() -> None:
    assert commands(pod(), WP)[0] == "istioctl waypoint apply -n app --name waypoint --for workload --wait"
    everything = structs.replace(WP, labels={"istio.io/waypoint-for": "all"})
    assert commands(pod(), everything) == ["kubectl ambient waypoint enable pod web-1 -n app --waypoint wp"]


def test_one_elsewhere_that_admits_all() -> None:
    far = structs.replace(WP, namespace="far", listeners=(structs.replace(HBONE, allowed_from="All"),))
    ready = pod({"gateway.networking.k8s.io/gateway-name": "wp"}, namespace="far")
    judge = WaypointJudge(a_mesh(far, instances=[ready]))
    namespaces = {"app": Namespace(name="app")}
    judge = WaypointJudge(altered(judge.snapshot, namespaces=namespaces))
    (fix,) = explain(judge, CART).fixes
    assert line(fix.command) == "kubectl ambient waypoint enable svc cart -n app --waypoint wp --waypoint-namespace far"


def test_an_opt_out_of_its_own() -> None:
    (fix,) = explained(labelled(use="none"), WP, namespace={USE: "wp"}).fixes
    assert line(fix.command) == "kubectl label service cart -n app istio.io/use-waypoint-"
    assert fix.effect == "the label of its namespace counts again: waypoint app/wp serves it"
    unusable = explained(labelled(use="none"), namespace={USE: "wp"}).fixes
    assert [fix.effect for fix in unusable] == [
        "the label of its namespace counts again: there is none for it (WaypointIsNotReady)"
    ]
    alone = explained(labelled(use="none"), WP).fixes
    assert [line(fix.command).split()[1] for fix in alone] == ["ambient"], "its namespace has no label"


PATCH = """kubectl patch workloadentry vm -n app --type=merge -p '{"spec":{"labels":{"istio.io/use-waypoint":null}}}'"""
UNLABEL = "kubectl label workloadentry vm -n app istio.io/use-waypoint-"


@pytest.mark.parametrize(
    ("metadata", "spec", "command", "field"),
    [
        ({}, {USE: "none"}, PATCH, "spec.labels[istio.io/use-waypoint]"),
        ({USE: "none"}, {}, UNLABEL, "metadata.labels[istio.io/use-waypoint]"),
        ({USE: "none"}, {USE: "wp"}, f"{PATCH} && {UNLABEL}", "metadata.labels[istio.io/use-waypoint]"),
    ],
)
def test_a_workloadentry_may_opt_out_in_two_places(
    metadata: dict[str, str], spec: dict[str, str], command: str, field: str
) -> None:
    fields = {"metadata": {"name": "vm", "namespace": "app", "labels": metadata}, "spec": {"labels": spec}}
    vm = msgspec.convert(fields, wire.WorkloadEntryObject).fact()
    found = explained(vm, structs.replace(WP, labels={"istio.io/waypoint-for": "all"}), namespace={USE: "wp"})
    assert [line(fix.command) for fix in found.fixes] == [command]
    assert found.fixes[0].effect == "the label of its namespace counts again: waypoint app/wp serves it"
    (step,) = (step for step in found.binding.steps if step.rule == "Named")
    assert [e.field for e in step.evidence] == [field]


def test_a_waypoint_that_is_not_there() -> None:
    enable, create = commands(labelled(use="wq"), WP)
    assert enable == "kubectl ambient waypoint enable svc cart -n app --waypoint wp --overwrite"
    assert create == "istioctl waypoint apply -n app --name wq --wait"
    inherited = commands(CART, WP, namespace={USE: "wq"})
    assert inherited[0] == "kubectl ambient waypoint enable ns app --waypoint wp --overwrite"
    assert commands(labelled(use="")) == []
    assert commands(labelled(use="WP_1")) == [], "no Gateway can be called so"


def test_a_missing_waypoint_of_a_namespace_is_for_its_services_too() -> None:
    for_pods = structs.replace(WP, labels={"istio.io/waypoint-for": "workload"})
    found = explained(pod(), for_pods, namespace={USE: "wq"}).fixes
    assert [line(fix.command) for fix in found] == ["istioctl waypoint apply -n app --name wq --for all --wait"]
    assert "for traffic to services and to workloads" in found[0].effect


def test_one_that_is_made_elsewhere_admits_its_own_namespace_until_it_is_told_otherwise() -> None:
    create, admit = commands(labelled(use="wp", home="far"))
    assert create == "istioctl waypoint apply -n far --name wp --wait"
    assert admit.startswith("kubectl patch gateway wp -n far --type=json ")


def test_a_waypoint_without_address() -> None:
    describe, pods = commands(labelled(use="wp"), structs.replace(WP, addresses=()))
    assert describe == "kubectl describe gateway wp -n app"
    assert pods == "kubectl get pods -n app -l gateway.networking.k8s.io/gateway-name=wp"


def named(*namespaces: str) -> dict[str, Any]:
    """The expression that chooses these namespaces, and no others."""
    return {"key": "kubernetes.io/metadata.name", "operator": "In", "values": list(namespaces)}


def test_a_namespace_that_is_not_admitted() -> None:
    far = structs.replace(WP, namespace="far", listeners=(Listener(name="other", port=80), HBONE))
    patch, create, enable = commands(labelled(use="wp", home="far"), far)
    assert create == "istioctl waypoint apply -n app --name waypoint --wait"
    assert enable == "kubectl ambient waypoint enable svc cart -n app --waypoint waypoint --overwrite"
    words = shlex.split(patch)
    assert words[:6] == ["kubectl", "patch", "gateway", "wp", "-n", "far"]
    (change,) = json.loads(words[-1])
    assert change == {
        "op": "add",
        "path": "/spec/listeners/1/allowedRoutes/namespaces",
        "value": {"from": "Selector", "selector": {"matchExpressions": [named("far", "app")]}},
    }
    none = structs.replace(far, listeners=())
    assert commands(labelled(use="wp", home="far"), none)[0].startswith("kubectl edit gateway wp -n far")


def test_a_namespace_that_a_selector_does_not_choose() -> None:
    chosen = structs.replace(HBONE, allowed_from="Selector", selector=LabelSelector(match_labels={"team": "a"}))
    far = structs.replace(WP, namespace="far", listeners=(chosen,))
    *own, label = explained(labelled(use="wp", home="far"), far).fixes
    assert [line(fix.command).split()[0] for fix in own] == ["istioctl", "kubectl"], "one of its own touches nobody"
    assert line(label.command) == "kubectl label namespace app team=a"
    assert label.effect.endswith("whatever else chooses namespaces by that label"), "who else it touches"
    another = {"app": Namespace(name="app", labels={"team": "b"}), "far": Namespace(name="far")}
    kept = explain(WaypointJudge(a_mesh(far, namespaces=another)), labelled(use="wp", home="far")).fixes
    assert not any("team=" in line(fix.command) for fix in kept), "what team it is of is not ours to change"
    judge = WaypointJudge(a_mesh(far, namespaces={"app": Namespace(name="app", labels={"team": "a"})}))
    assert judge.of(labelled(use="wp", home="far")).waypoint == "far/wp"


def test_the_label_that_the_api_server_sets_is_not_to_be_changed() -> None:
    by_name = LabelSelector(match_labels={"kubernetes.io/metadata.name": "other"})
    chosen = structs.replace(HBONE, allowed_from="Selector", selector=by_name)
    patch, *own = commands(labelled(use="wp", home="far"), structs.replace(WP, namespace="far", listeners=(chosen,)))
    (change,) = json.loads(shlex.split(patch)[-1])
    assert change["value"]["selector"] == {"matchExpressions": [named("other", "app")]}, "those it has stay"
    assert not any("label namespace" in command for command in own)


def test_the_namespaces_that_are_admitted_by_name_stay() -> None:
    by_name = (Requirement(key="kubernetes.io/metadata.name", operator="In", values=("far", "web")),)
    chosen = structs.replace(HBONE, allowed_from="Selector", selector=LabelSelector(match_expressions=by_name))
    far = structs.replace(WP, namespace="far", listeners=(chosen,))
    patch = commands(labelled(use="wp", home="far"), far)[0]
    (change,) = json.loads(shlex.split(patch)[-1])
    assert change["value"]["selector"] == {"matchExpressions": [named("far", "web", "app")]}


def test_a_pod_is_labelled_to_send_through_a_waypoint() -> None:
    """The likelier mistake first; no waypoint that others use is opened for it."""
    egress = structs.replace(WP, namespace="far", listeners=(structs.replace(HBONE, allowed_from="All"),))
    client = pod({USE: "wp", USE_NS: "far"}, owner=Owner(kind="ReplicaSet", name="web-1"))
    found = explained(client, egress)
    off, create, enable = found.fixes
    assert line(off.command) == f"kubectl label pod web-1 -n app {USE}- {USE_NS}-"
    assert off.effect.startswith("a waypoint gets what is sent to the pod, and nothing that the pod sends: ")
    assert "take it off the template" in off.effect
    assert line(create.command) == "istioctl waypoint apply -n app --name waypoint --for workload --wait"
    assert create.effect.startswith("if what is sent to it is meant: ")
    assert line(enable.command) == "kubectl ambient waypoint enable pod web-1 -n app --waypoint waypoint --overwrite"
    (finding,) = found.binding.findings
    assert finding.code == "WaypointNotUsed"
    assert "nothing that the pod sends" in finding.message
    assert finding.fix is None
    served = explained(client, structs.replace(egress, labels={"istio.io/waypoint-for": "workload"}))
    assert (served.binding.waypoint, served.fixes) == ("far/wp", ()), "it takes what is sent to the pod"


def test_a_pod_whose_namespace_has_a_waypoint_for_services_lacks_nothing() -> None:
    found = explained(pod(), WP, namespace={USE: "wp"})
    assert [fix.effect.startswith("if that is wanted: ") for fix in found.fixes] == [True, False]
    assert line(found.fixes[0].command) == "istioctl waypoint apply -n app --name waypoint --for workload --wait"
    assert found.binding.findings == ()


def test_a_waypoint_for_workloads_is_not_opened_for_a_service() -> None:
    for_pods = structs.replace(WP, labels={"istio.io/waypoint-for": "workload"})
    create, enable = commands(labelled(use="wp"), for_pods)
    assert create == "istioctl waypoint apply -n app --name waypoint --wait"
    assert enable == "kubectl ambient waypoint enable svc cart -n app --waypoint waypoint --overwrite"
    other = structs.replace(WP, name="other")
    assert commands(labelled(use="wp"), for_pods, other) == [
        "kubectl ambient waypoint enable svc cart -n app --waypoint other --overwrite"
    ]


@pytest.mark.parametrize(
    ("word", "target", "mended"), [("none", CART, "service"), ("Service", CART, "service"), ("none", pod(), "workload")]
)
def test_a_waypoint_that_takes_nothing_is_told_what_to_take(word: str, target: Service | Pod, mended: str) -> None:
    for_it = structs.replace(WP, labels={"istio.io/waypoint-for": word})
    found = explained(structs.replace(target, labels={USE: "wp"}), for_it)
    command = f"kubectl label gateway wp -n app istio.io/waypoint-for={mended} --overwrite"
    assert line(found.fixes[-1].command) == command == line(found.binding.findings[0].fix)
    assert len(found.fixes) == (2 if isinstance(target, Pod) else 1)


def test_the_waypoint_of_a_namespace_keeps_the_traffic_that_it_has() -> None:
    for_pods = structs.replace(WP, labels={"istio.io/waypoint-for": "workload"})
    namespaces = {"app": Namespace(name="app", labels={USE: "wp"})}
    (fix,) = namespace_use(WaypointJudge(a_mesh(for_pods, namespaces=namespaces)), "app").fixes
    assert line(fix.command).endswith("istio.io/waypoint-for=all --overwrite")


def test_a_dead_waypoint_is_looked_at_or_left() -> None:
    mesh = a_mesh(WP, instances=[])
    found = [line(fix.command) for fix in explain(WaypointJudge(mesh), CART).fixes]
    assert [command.split()[1] for command in found] == ["describe", "get", "ambient"]
    assert found[-1] == "kubectl ambient waypoint disable svc cart -n app --opt-out"


def test_istiods_word_stands_alone_where_the_rules_cannot_tell() -> None:
    accepted = Condition(type=WAYPOINT_BOUND, status="True", reason="WaypointAccepted")
    service = structs.replace(CART, conditions=(accepted,))
    unread = {"gateways": {"app": FORBIDDEN}}
    assert explain(WaypointJudge(a_mesh(**unread)), service).word == "alone"
    assert explain(WaypointJudge(a_mesh(WP)), service).word == "agrees"


def test_what_is_served_needs_nothing() -> None:
    assert commands(labelled(use="wp"), WP) == []
    assert commands(structs.replace(CART, type="ExternalName"), WP) == []


def test_a_right_that_is_missing() -> None:
    unread = {"gateways": {"app": FORBIDDEN}}
    mesh = a_mesh(**unread)
    (fix,) = explain(WaypointJudge(mesh), CART).fixes
    assert line(fix.command) == "kubectl auth can-i list gateways.gateway.networking.k8s.io -n app"
    files = structs.replace(mesh, from_files=True)
    assert explain(WaypointJudge(files), CART).fixes == ()
    hidden = a_mesh(WP, namespaces={"app": Unread(what="get namespace app", why="forbidden")})
    (fix,) = explain(WaypointJudge(hidden), CART).fixes
    assert line(fix.command) == "kubectl auth can-i get namespace/app"


# Namespaces.


def test_a_namespace_is_summed_up() -> None:
    others = [labelled(use="none"), structs.replace(CART, name="web"), structs.replace(CART, name="api")]
    use = namespace_use(WaypointJudge(a_mesh(WP, services=others)), "app")
    assert (use.named, use.reason) == ("app/wp", "WaypointAccepted")
    assert (use.sums.served, use.sums.total) == ({"Service": 2}, {"Service": 3})
    assert [binding.name for binding in use.exceptions] == ["cart"]
    assert {(g.waypoint, g.reason): g.names for g in use.groups} == {
        ("app/wp", "WaypointAccepted"): ("api", "web"),
        (None, "OptedOut"): ("cart",),
    }


def test_a_namespace_without_a_label() -> None:
    bare = a_mesh(WP, namespaces={"app": Namespace(name="app")})
    use = namespace_use(WaypointJudge(bare), "app")
    assert (use.named, use.reason, use.groups) == (None, "NotLabeled", ())
    assert [line(fix.command) for fix in use.fixes] == ["kubectl ambient waypoint enable ns app --waypoint wp"]


def test_what_enable_is_told_to_name_would_serve() -> None:
    """On meshes as istiod judges them: the waypoint of the command serves the Service once its labels name it."""
    tried = 0
    for number in range(0, len(MESHES), 3):
        judge = WaypointJudge(snapshot(number))
        for service in judge.snapshot.services:
            for fix in explain(judge, service).fixes:
                words = shlex.split(line(fix.command))
                if words[:5] != ["kubectl", "ambient", "waypoint", "enable", "svc"]:
                    continue
                flags = dict(pairwise(words))
                home, name = flags.get("--waypoint-namespace"), flags["--waypoint"]
                if name != "waypoint":  # which another command creates
                    after = cast(Service, with_waypoint(service, UseWaypoint(name, home)))
                    assert judge.of(after).waypoint == f"{home or service.namespace}/{name}"
                    tried += 1
    assert tried > 5
