"""Whether anything gets to a waypoint that is bound: the same sentence in the headline, the count and the finding."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from kubectl_ambient.cluster.facts import AgentContainer, Annotations, EnvVar, Pod, Unread
from kubectl_ambient.cluster.installation_facts import ConfigMap
from kubectl_ambient.cluster.kinds.service_entries import ServiceEntry
from kubectl_ambient.cluster.kinds.services import Service
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.waypoint.binding import Binding
from kubectl_ambient.mesh.waypoint.explained import Explained, explain
from kubectl_ambient.mesh.waypoint.judge import WaypointJudge
from kubectl_ambient.mesh.waypoint.namespace import namespace_use
from kubectl_ambient.mesh.waypoint.rules import Target
from kubectl_ambient.mesh.waypoint.summary import sums
from kubectl_ambient.render.waypoint.status import summary
from tests.lines import line
from tests.mesh.builders import AMBIENT, cluster, pod
from tests.mesh.l7_builders import USE, codes, gateway, proxy, service, service_entry
from tests.snapshots import found as found_of

NAMED = {**AMBIENT, USE: "wp"}
AUTO: dict[str, Any] = {"addresses": (), "allocated": ("240.240.0.1",), "resolution": "DNS"}
BARE: dict[str, Any] = {"addresses": (), "resolution": "DNS"}
ALLOCATE = "networking.istio.io/enable-autoallocate-ip"


def a_cluster(
    *targets: Target, version: str = "1.30.3", labels: dict[str, str] | None = None, **fields: Any
) -> Snapshot:
    """A healthy installation, whose namespace app names the waypoint `wp`."""
    settings: dict[str, Any] = {
        "services": [t for t in targets if isinstance(t, Service)],
        "service_entries": [t for t in targets if isinstance(t, ServiceEntry)],
        "gateways": (gateway(),),
        "instances": [proxy()],
    }
    pods = [t for t in targets if isinstance(t, Pod)]
    return cluster(version, pods, NAMED if labels is None else labels, **{**settings, **fields})


def dns(value: str | None) -> list[ConfigMap]:
    data = {"AMBIENT_ENABLED": "true"} | ({"AMBIENT_DNS_CAPTURE": value} if value is not None else {})
    return [ConfigMap(namespace="istio-system", name="istio-cni-config", data=data)]


def of(target: Target, *others: Target, **fields: Any) -> Explained:
    return explain(WaypointJudge(a_cluster(target, *others, **fields)), target)


def told_once(found: Binding, code: str) -> str:
    """The sentence of the headline, which the finding repeats to the letter."""
    (finding,) = (f for f in found.findings if f.code == code)
    assert found.message == f"{finding.message[0].upper()}{finding.message[1:]}."
    return finding.message


def test_14_a_service_entry_without_an_address() -> None:
    """istio/istio#54981: bound, and the application calls the real address."""
    found = of(service_entry(**BARE), version="1.24.2")
    told = told_once(found.binding, "ServiceWithoutAddress")
    assert told.startswith("bound to waypoint app/wp, and nothing goes through it: the ServiceEntry has no address")
    assert "from 1.25 on, and is 1.24.2" in told
    counted = sums([found.binding])
    assert (counted.served, counted.passed, counted.unknown) == ({"ServiceEntry": 0}, 1, 0)
    assert "0 of 1 ServiceEntry. 1 is bound to one, and nothing goes through it." in summary([found.binding])
    assert line(found.fixes[0].command) == "kubectl edit serviceentry bank -n app"
    assert "spec.addresses" in found.fixes[0].effect
    (ambient,) = (client for client in found.clients if client.kind == "ambient")
    assert (ambient.uses, ambient.why in told) == (False, True)


def test_14_one_with_an_address_is_as_it_should_be() -> None:
    for entry in (service_entry(), service_entry(**{**AUTO, "allocated": ("203.0.113.7",)})):
        found = of(entry)
        assert (codes(found.binding), found.binding.leads, found.fixes) == ([], True, ())
        assert sums([found.binding]).served == {"ServiceEntry": 1}


@pytest.mark.parametrize(
    ("entry", "version", "env", "why"),
    [
        (service_entry({ALLOCATE: "False"}, **BARE), "1.30.3", "", f"the label {ALLOCATE}=False forbids it"),
        (service_entry(addresses=(), resolution="NONE"), "1.30.3", "", "none to one of resolution NONE"),
        (service_entry(**BARE), "1.24.6", "", "from 1.25 on, and is 1.24.6"),
        (service_entry(**BARE), "1.30.3", "false", "PILOT_ENABLE_IP_AUTOALLOCATE of istiod is off"),
        (service_entry(**BARE), "1.30.3", "", None),
        (service_entry(**BARE), "1.24.6", "true", None),
    ],
)
def test_14_in_files_an_address_may_come_unless_something_forbids_it(
    entry: ServiceEntry, version: str, env: str, why: str | None
) -> None:
    snapshot = a_cluster(entry, version=version, from_files=True)
    (istiod,) = snapshot.istiods
    settings = (EnvVar(name="PILOT_ENABLE_IP_AUTOALLOCATE", value=env),) if env else ()
    container = AgentContainer(image=f"istio/pilot:{version}", env=settings)
    found = WaypointJudge(structs.replace(snapshot, istiods=found_of([structs.replace(istiod, container=container)])))
    binding = found.of(entry)
    if why is None:
        assert (binding.leads, codes(binding)) == (None, [])
        assert "cannot be told: it has no address in the files, and istiod may give it one" in binding.message
        assert (sums([binding]).served, sums([binding]).unknown) == ({"ServiceEntry": 0}, 1)
    else:
        assert (binding.leads, codes(binding)) == (False, ["ServiceWithoutAddress"])
        assert why in binding.message


def test_14_a_label_that_forbids_an_address_is_taken_off_first() -> None:
    off, edit = of(service_entry({ALLOCATE: "false"}, **BARE)).fixes
    assert line(off.command) == f"kubectl label serviceentry bank -n app {ALLOCATE}-"
    assert line(edit.command) == "kubectl edit serviceentry bank -n app"


def test_25_nobody_resolves_to_an_automatic_address() -> None:
    """istio/istio#54896: AMBIENT_DNS_CAPTURE is false."""
    found = of(service_entry(**AUTO), cni_config=dns("false"))
    told = told_once(found.binding, "AddressNotResolved")
    assert "nothing goes through it: only Istio's own DNS tells its address (240.240.0.1)" in told
    assert "AMBIENT_DNS_CAPTURE" in told
    (finding,) = found.binding.findings
    assert [(e.object.split("/")[0], e.field, e.value) for e in finding.evidence] == [
        ("ServiceEntry", "status.addresses", "240.240.0.1"),
        ("ConfigMap", "data[AMBIENT_DNS_CAPTURE]", "false"),
    ]
    assert (sums([found.binding]).served, sums([found.binding]).passed) == ({"ServiceEntry": 0}, 1)
    annotate, edit, everybody = found.fixes
    assert line(annotate.command) == "# annotate the pods that call it with ambient.istio.io/dns-capture=true"
    assert line(edit.command) == "kubectl edit serviceentry bank -n app"
    assert line(everybody.command) == "kubectl edit configmap istio-cni-config -n istio-system"
    assert "all pods in ambient mode" in everybody.effect, "who else it touches"


@pytest.mark.parametrize(
    ("version", "value", "env", "leads"),
    [
        ("1.30.3", "true", None, True),
        ("1.30.3", "false", None, False),
        ("1.30.3", "false", "true", True),
        ("1.30.3", "true", "false", False),
        ("1.30.3", None, None, True),
        ("1.25.0", None, None, True),
        ("1.24.6", None, None, False),
        ("1.24.6", "true", None, True),
    ],
)
def test_25_where_dns_capture_stands(version: str, value: str | None, env: str | None, leads: bool) -> None:
    settings = (EnvVar(name="AMBIENT_DNS_CAPTURE", value=env),) if env is not None else ()
    for entry in (service_entry(**AUTO), service_entry(**{**AUTO, "allocated": ("2001:2::f0f0:1",)})):
        binding = of(entry, version=version, cni_config=dns(value), env=settings).binding
        assert (binding.leads, codes(binding)) == (leads, [] if leads else ["AddressNotResolved"])


def test_25_a_pods_annotation_beats_the_setting_from_1_25_on() -> None:
    asking = pod(NAMED, annotations=Annotations(redirection="enabled", dns_capture="true"))
    found = of(service_entry(**AUTO), asking, cni_config=dns("false")).binding
    assert (found.leads, codes(found)) == (True, ["AddressNotResolved"])
    assert "only some of its clients go through it" in told_once(found, "AddressNotResolved")
    assert "(app/web-1)" in found.message
    older = of(service_entry(**AUTO), asking, version="1.24.6", cni_config=dns("false")).binding
    assert older.leads is False
    outside = structs.replace(asking, annotations=Annotations(dns_capture="true"))
    assert of(service_entry(**AUTO), outside, cni_config=dns("false")).binding.leads is False


def test_25_what_could_not_be_read_is_said() -> None:
    unread = Unread(what="list configmaps", why="forbidden")
    binding = of(service_entry(**AUTO), cni_config=unread).binding
    assert (binding.leads, codes(binding)) == (None, [])
    assert "cannot be told: only Istio's own DNS tells its address (240.240.0.1), and" in binding.message
    assert "cannot list configmaps: forbidden" in binding.message
    assert sums([binding]).unknown == 1
    files = {"cni_daemonsets": [], "cni_pods": [], "cni_config": []}
    alone = of(service_entry(**AUTO), from_files=True, **files).binding
    assert (alone.leads, "the files hold no istio-cni" in alone.message) == (None, True)
    everything = of(service_entry(**AUTO), from_files=True, whole="as --whole-cluster says", **files).binding
    live = of(service_entry(**AUTO), **files).binding
    assert (everything.leads, everything.message) == (live.leads, live.message), "a whole cluster is one, read or saved"


def test_25_gateways_call_it_by_its_name_and_not_by_dns() -> None:
    labels = {"istio.io/ingress-use-waypoint": "true"}
    found = of(service_entry(labels, **AUTO), cni_config=dns("false"))
    assert {client.kind for client in found.clients if client.uses} == {"ingress", "east-west"}


def test_16_a_headless_service_under_a_namespaces_waypoint() -> None:
    """istio/istio#56991: the route leads to the headless Service."""
    asked = service({"istio.io/ingress-use-waypoint": "true"}, cluster_ips=("None",), selector={"app": "otel"})
    beside = service(name="collector", selector={"app": "otel"})
    found = of(asked, beside)
    told = told_once(found.binding, "ServiceWithoutAddress")
    assert "nothing goes through it: the Service is headless" in told
    assert found.binding.needs_attention
    assert (sums([found.binding]).served, sums([found.binding]).passed) == ({"Service": 0}, 1)
    (call,) = found.fixes
    assert line(call.command) == "# have its clients call Service collector instead"
    assert call.effect.endswith("through waypoint app/wp")


def test_16_the_headless_service_of_a_statefulset_is_nothing_to_worry_about() -> None:
    found = of(service(cluster_ips=("None",)))
    (finding,) = found.binding.findings
    assert (finding.code, finding.severity) == ("ServiceWithoutAddress", "info")
    assert not found.binding.needs_attention
    assert (sums([found.binding]).passed, found.fixes) == (1, ())
    assert of(service({USE: "wp"}, cluster_ips=("None",))).binding.needs_attention, "its own label asks for it"


def test_16_a_dead_waypoint_harms_nothing_that_does_not_go_there() -> None:
    binding = of(service(cluster_ips=("None",)), instances=[]).binding
    assert codes(binding) == ["ServiceWithoutAddress"]
    assert (sums([binding]).dead, sums([binding]).passed) == (0, 1)


def plain(**fields: Any) -> Pod:
    return pod({"app": "web"}, **fields)


def test_31_a_waypoint_of_a_namespace_that_is_not_in_the_mesh() -> None:
    """istio/istio#50396: its own pods go past it."""
    found = of(service(), plain(), proxy(), labels={USE: "wp"})
    (finding,) = found.binding.findings
    assert (finding.code, finding.severity) == ("NamespaceNotAmbient", "warning")
    assert "its only pod is not in ambient mode: as clients it goes past it" in finding.message
    assert line(found.fixes[0].command) == "kubectl ambient enable ns app"
    assert found.binding.waypoint == "app/wp"
    use = namespace_use(WaypointJudge(a_cluster(service(), plain(), plain(name="b"), labels={USE: "wp"})), "app")
    assert "none of its 2 pods is in ambient mode" in use.message
    assert line(use.fixes[0].command) == "kubectl ambient enable ns app"


@pytest.mark.parametrize(
    ("labels", "pods"),
    [
        (NAMED, [plain()]),
        ({USE: "wp"}, []),
        ({USE: "wp"}, [proxy()]),
        ({USE: "wp"}, [plain(host_network=True), plain(name="job", phase="Succeeded")]),
        ({USE: "wp"}, [plain(), plain(name="b", annotations=Annotations(redirection="enabled"))]),
        ({USE: "wp"}, [plain(), pod(AMBIENT, name="b")]),
        ({}, [plain()]),
    ],
)
def test_31_is_silent_where_some_pod_is_in_or_none_is_its_own(labels: dict[str, str], pods: list[Pod]) -> None:
    assert codes(of(service(), *pods, labels=labels).binding) == []


def test_31_some_pods_do_not_prove_it() -> None:
    snapshot = a_cluster(service(), plain(), labels={USE: "wp"})
    snapshot.pods.places.clear()
    assert codes(WaypointJudge(snapshot).of(service())) == []
    hidden = a_cluster(service(), plain(), namespaces={"app": Unread(what="get namespace app", why="forbidden")})
    assert codes(WaypointJudge(hidden).of(service({USE: "wp"}))) == []
