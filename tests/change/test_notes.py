"""What is told before a change is made."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec import structs

from kubectl_ambient.change.change import Change
from kubectl_ambient.change.effects import effects
from kubectl_ambient.change.notes import notes
from kubectl_ambient.change.plan import Goal, plan
from kubectl_ambient.change.targets import Target
from kubectl_ambient.cluster.facts import Namespace, Pod
from kubectl_ambient.cluster.kinds.gateways import Gateway
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.injection import INJECTION
from tests.lines import said
from tests.mesh.builders import config_data
from tests.snapshots import altered
from tests.snapshots import found as found_of

from .objects import namespace, owner, pod, workload
from .test_effects import of, of_web, replicas, shop

AMBIENT = {"istio.io/dataplane-mode": "ambient"}
EVERYTHING = '[{"podSelector": {"matchLabels": {"mesh": "yes"}}}]'


def tell(snapshot: Snapshot, goal: Goal, *targets: Target, overwrite: bool = False) -> str:
    edits = tuple(plan(t, goal, overwrite=overwrite) for t in targets)
    return "\n".join(map(said, notes(Change(goal=goal, edits=edits, effects=effects(snapshot, edits)))))


def test_a_plain_change_needs_no_word() -> None:
    snapshot = shop(pod())
    assert tell(snapshot, "enable", of(snapshot)) == ""


def test_both_modes() -> None:
    snapshot = shop(pod(), labels={INJECTION: "enabled"})
    text = tell(snapshot, "enable", of(snapshot))
    assert "namespace/shop asks for sidecars too (namespace label istio-injection=enabled)" in text
    assert "move in now, and get one when they restart" in text
    assert "kubectl label namespace shop istio-injection-" in text


def test_a_namespace_that_is_being_deleted_is_told_to_be() -> None:
    going = structs.replace(namespace(), deleting=datetime(2026, 6, 1, tzinfo=UTC))
    snapshot = shop(pod())
    snapshot.namespaces = found_of({going.name: going})
    assert "is being deleted, and all that is in it" in tell(snapshot, "enable", going)
    assert "being deleted" not in tell(snapshot, "enable", namespace())


def test_where_nothing_moves_in_nobody_is_told_that_it_does() -> None:
    snapshot = altered(shop(pod(), labels={INJECTION: "enabled"}), cni_daemonsets=[], cni_pods=[], ztunnel_pods=[])
    text = tell(snapshot, "enable", of(snapshot))
    assert "will have no effect: there is no istio-cni" in text
    assert "move in now" not in text
    assert "(namespace label istio-injection=enabled): the new pods get one, and that keeps them out" in text


def test_a_label_that_stands_already_and_has_no_effect_is_told_too() -> None:
    snapshot = altered(shop(pod(), labels=AMBIENT), cni_daemonsets=[], cni_pods=[], ztunnel_pods=[])
    assert "the label on namespace/shop has no effect: there is no istio-cni" in tell(snapshot, "enable", of(snapshot))


def test_both_modes_in_many_namespaces_are_one_sentence() -> None:
    snapshot = shop()
    many = [Namespace(name=f"n{i}", labels={INJECTION: "enabled"}) for i in range(9)]
    snapshot.namespaces = found_of({n.name: n for n in many})
    text = tell(snapshot, "enable", *many)
    assert text.count("\n") == 0
    assert "n0, namespace/n1, namespace/n2 and 6 more ask for sidecars too" in text


def test_both_modes_by_the_template() -> None:
    web, made = replicas()
    web = structs.replace(web, template=structs.replace(web.template, labels={"sidecar.istio.io/inject": "true"}))
    snapshot = shop(of_web(), workloads=(web, made))
    assert "web: in ambient mode from now on, with a sidecar" in tell(snapshot, "enable", of(snapshot))
    assert "the new pods get one, and that keeps them out" in tell(snapshot, "enable", web)


def test_no_ambient_no_effect() -> None:
    snapshot = altered(shop(), cni_daemonsets=[], cni_pods=[], ztunnel_pods=[])
    assert "will have no effect: there is no istio-cni" in tell(snapshot, "enable", of(snapshot))
    assert tell(snapshot, "disable", namespace("ambient")) == ""


def test_ambient_switched_off() -> None:
    snapshot = shop()
    config = next(iter(snapshot.cni_config))
    snapshot.cni_config = found_of([structs.replace(config, data=config_data("1.31.0") | {"AMBIENT_ENABLED": "false"})])
    assert "will have no effect: istio-cni runs with ambient switched off" in tell(snapshot, "enable", of(snapshot))


def test_a_pod_that_is_kept_out_is_no_fault_of_the_cluster() -> None:
    found = pod(host_network=True)
    assert tell(shop(found), "enable", found) == ""


def custom(text: str, *pods: Pod) -> Snapshot:
    snapshot = shop(*pods)
    config = next(iter(snapshot.cni_config))
    snapshot.cni_config = found_of([structs.replace(config, data=config_data("1.31.0", text))])
    return snapshot


def test_selectors_that_do_not_heed_the_label() -> None:
    snapshot = custom(EVERYTHING)
    assert "will have no effect: none of this cluster's own" in tell(snapshot, "enable", of(snapshot))


def test_selectors_that_istio_refuses() -> None:
    snapshot = custom("[{podSelector: {matchLabels: {'a b': c}}}]")
    text = tell(snapshot, "enable", of(snapshot))
    assert text.startswith("whether the label on namespace/shop will have an effect cannot be told: Istio refuses")


def test_selectors_that_ask_whatever_the_label_says() -> None:
    web = pod("ambient")
    snapshot = custom("[{}]", web)
    assert "pod/web-1 stays in ambient mode: an enablement selector" in tell(snapshot, "disable", web)
    assert "--opt-out" not in tell(snapshot, "opt-out", web)


def test_a_pod_of_an_ambient_namespace() -> None:
    web = pod()
    text = tell(shop(web, labels=AMBIENT), "disable", web)
    assert "pod/web-1 stays in ambient mode: the namespace's label" in text
    assert "kubectl ambient disable pod/web-1 -n shop --opt-out" in text


def test_of_a_selected_pod_only_the_labels_are_known_and_the_cluster_knows_more() -> None:
    in_cluster = [pod(name="out", host_network=True), pod(name="over", phase="Succeeded"), pod(name="in")]
    selected = [Pod(namespace="shop", name=p.name) for p in in_cluster]
    told = tell(shop(*in_cluster, labels=AMBIENT), "disable", *selected)
    assert told.startswith("pod/in stays in ambient mode")
    assert "pod/o" not in told
    told = tell(shop(*in_cluster, labels=AMBIENT), "enable", *selected)
    assert told.startswith("pod/in needs no label of its own")
    assert "pod/o" not in told


def test_a_deployment_of_an_ambient_namespace() -> None:
    web, made = replicas()
    text = tell(shop(of_web(), labels=AMBIENT, workloads=(web, made)), "disable", web)
    assert "the pods of deployment.apps/web stay in ambient mode" in text
    assert "kubectl ambient disable deploy/web -n shop --opt-out" in text


def test_many_deployments_of_an_ambient_namespace_are_one_sentence() -> None:
    many = tuple(workload(name=name) for name in "abcd")
    text = tell(shop(labels=AMBIENT, workloads=many), "disable", *many)
    shown = "deployment.apps/a, deployment.apps/b, deployment.apps/c and 1 more"
    assert text.startswith(f"the pods of {shown} stay in ambient mode: the namespace's label")


def test_a_label_that_an_ambient_namespace_makes_needless() -> None:
    snapshot = shop(of_web(), labels=AMBIENT, workloads=replicas())
    asks = "the namespace's label istio.io/dataplane-mode=ambient asks for it"
    assert tell(snapshot, "enable", of_web()) == f"pod/web-5d9-x1 needs no label of its own: {asks}"
    many = tuple(workload(name=name) for name in "ab")
    text = tell(shop(labels=AMBIENT, workloads=many), "enable", *many)
    assert text.startswith(f"deployment.apps/a, deployment.apps/b need no label of their own: {asks}")
    assert "needs no label" not in tell(shop(of_web(), workloads=replicas()), "enable", of_web())


def test_a_label_that_is_lost_where_the_template_opts_out() -> None:
    text = tell(shop(of_web(), labels=AMBIENT, workloads=replicas(value="none")), "enable", of_web())
    assert "lost with the pod" in text


def test_the_label_of_a_finished_pod_is_no_loss() -> None:
    done = pod(owner=owner("Job", "load-1"), phase="Succeeded")
    assert tell(shop(done, workloads=(workload("Job", name="load-1"),)), "enable", done) == ""
    mine = structs.replace(done, labels=AMBIENT)
    assert tell(shop(mine, workloads=(workload("Job", name="load-1"),)), "disable", mine) == ""


def test_an_owner_is_not_proposed_where_the_label_moves_nothing() -> None:
    agent = pod(owner=owner("DaemonSet", "agent"), host_network=True)
    assert tell(shop(agent, workloads=(workload("DaemonSet", name="agent"),)), "enable", agent) == ""


def test_the_owners_beyond_the_first_are_counted() -> None:
    many = [pod(name=f"{n}-1", owner=owner("StatefulSet", n)) for n in "abcd"]
    assert "and the pods of 1 more owner, which" in tell(shop(*many), "enable", *many)
    many.append(pod(name="e-1", owner=owner("StatefulSet", "e")))
    assert "and the pods of 2 more owners, which" in tell(shop(*many), "enable", *many)


def test_pods_that_stay_in_by_their_own_label() -> None:
    web, made = replicas(value="ambient")
    mine = structs.replace(of_web(), labels={"app": "web", **AMBIENT})
    snapshot = shop(mine, pod("ambient", "alone"), pod(name="b"), labels=AMBIENT, workloads=(web, made))
    text = tell(snapshot, "disable", of(snapshot))
    assert "2 pods stay in ambient mode by their own label: web-5d9-x1, alone" in text
    assert "kubectl ambient disable deploy/web -n shop" in text
    assert "kubectl ambient disable pod alone -n shop" in text


def test_a_label_on_a_controlled_pod() -> None:
    both = replicas()
    found = of_web()
    text = tell(shop(found, workloads=both), "enable", found)
    assert "works at once, and is lost with the pod" in text
    assert "kubectl ambient enable deploy/web -n shop" in text


def test_a_label_that_the_template_has_too_is_not_lost() -> None:
    both = replicas(value="ambient")
    assert "lost" not in tell(shop(of_web(), workloads=both), "enable", of_web())


def test_a_label_taken_off_that_the_template_brings_back() -> None:
    mine = structs.replace(of_web(), labels=AMBIENT)
    assert "lost" in tell(shop(mine, workloads=replicas(value="ambient")), "disable", mine)
    assert "lost" not in tell(shop(mine, workloads=replicas()), "disable", mine)


def test_a_pod_of_a_job_names_the_cronjob() -> None:
    job = workload("Job", name="load-1", owner=owner("CronJob", "load"))
    found = pod(owner=owner("Job", "load-1"))
    assert "kubectl ambient enable cronjob/load -n shop" in tell(shop(found, workloads=(job,)), "enable", found)


def test_the_owner_has_another_value() -> None:
    text = tell(shop(of_web(), workloads=replicas(value="none")), "enable", of_web())
    assert "kubectl ambient enable deploy/web -n shop --overwrite" in text
    text = tell(shop(of_web(), workloads=replicas(value="Ambient")), "opt-out", of_web())
    assert "kubectl ambient disable deploy/web -n shop --overwrite --opt-out" in text
    mine = structs.replace(of_web(), labels=AMBIENT)
    text = tell(shop(mine, workloads=replicas(value="none")), "disable", mine)
    assert text.endswith("the template of Deployment/web has istio.io/dataplane-mode=none, which stays")


def test_an_owner_that_was_not_read_is_taken_to_have_the_value_of_its_pod() -> None:
    mine = pod("none", owner=owner("StatefulSet", "db"))
    assert "kubectl ambient enable sts/db -n shop --overwrite" in tell(shop(mine), "enable", mine, overwrite=True)


def test_a_cronjob_that_has_it_already() -> None:
    job = workload("Job", name="load-1", owner=owner("CronJob", "load"))
    load, found = workload("CronJob", "ambient", "load"), pod(owner=owner("Job", "load-1"))
    text = tell(shop(found, workloads=(job, load)), "enable", found)
    assert text.endswith("the next pods of CronJob/load have it by their template")


@pytest.mark.parametrize("kind", ["Widget", "StatefulSet.apps.kruise.io"])
def test_an_owner_that_we_cannot_label(kind: str) -> None:
    found = pod(owner=owner(kind, "w"))
    assert tell(shop(found), "enable", found).endswith(f"to keep that, change the pod template of {kind}/w")
    made = workload("Job", name="load-1", owner=owner(kind, "w"))
    found = pod(owner=owner("Job", "load-1"))
    text = tell(shop(found, workloads=(made,)), "enable", found)
    assert text.endswith(f"to keep that, change the pod template of {kind}/w")


def test_the_pods_of_a_job_are_taken_out_themselves() -> None:
    mine = pod("ambient", owner=owner("Job", "load"))
    snapshot = shop(mine, labels=AMBIENT, workloads=(workload("Job", "ambient", "load"),))
    text = tell(snapshot, "disable", of(snapshot))
    assert "to take out: kubectl ambient disable pod web-1 -n shop" in text
    assert "job/load" not in text


def test_a_static_pod() -> None:
    found = pod(owner=owner("Node", "n1"))
    assert "its manifest on node n1 decides" in tell(shop(found), "enable", found)


def test_restarts() -> None:
    web, made = replicas(desired=3)
    assert "deployment.apps/web: this restarts 3 pods" in tell(shop(workloads=(web, made)), "enable", web)
    paused = structs.replace(web, paused=True)
    text = tell(shop(workloads=(paused, made)), "enable", paused)
    assert "restarts 3" not in text
    assert "paused" in text
    db = workload("DaemonSet", update_strategy="OnDelete")
    assert "until it is deleted" in tell(shop(workloads=(db,)), "enable", db)
    assert "next run" in tell(shop(), "enable", workload("CronJob", desired=None))
    assert "does not restart its pods" in tell(shop(), "enable", workload("ReplicaSet"))
    text = tell(shop(), "enable", workload(desired=0))
    assert "wants no pods now" in text
    assert "restarts" not in text


@pytest.mark.parametrize(
    ("partition", "first", "expected"),
    [
        (0, 0, ["this restarts 5 pods"]),
        (1, 0, ["this restarts 4 pods", "partition is 1: 1 pod below it keeps what it has until it is lowered"]),
        (4, 0, ["this restarts 1 pod", "partition is 4: 4 pods below it keep what they have until it is lowered"]),
        (5, 0, ["partition is 5: its pods keep what they have, even when deleted, until it is lowered"]),
        (99, 0, ["partition is 99: its pods keep what they have, even when deleted, until it is lowered"]),
        (11, 10, ["this restarts 4 pods", "partition is 11: 1 pod below it keeps what it has until it is lowered"]),
        (10, 10, ["this restarts 5 pods"]),
    ],
)
def test_a_partition_holds_pods_back(partition: int, first: int, expected: list[str]) -> None:
    db = workload("StatefulSet", desired=5, partition=partition, first_ordinal=first)
    text = " ".join(tell(shop(workloads=(db,)), "enable", db).split())
    assert [part for part in expected if part not in text] == []
    assert text.count("statefulset.apps/") == len(expected)


def test_no_restart_where_nothing_is_written() -> None:
    assert tell(shop(), "enable", workload(value="ambient")) == ""


def test_an_operator_may_undo_it() -> None:
    web = workload(owner=owner("Kafka", "main"))
    assert "the owner (Kafka/main) may put the old template back" in tell(shop(), "enable", web)


def test_a_value_that_is_left_is_told() -> None:
    assert "keeps istio.io/dataplane-mode=none" in tell(shop(pod("none")), "disable", pod("none"))


def test_a_gateway_that_a_label_would_sweep_in() -> None:
    ours = {"gateway.istio.io/managed": "istio.io-gateway-controller", "gateway.networking.k8s.io/gateway-name": "http"}
    made_of = Gateway(namespace="shop", name="http", class_name="istio", infrastructure={"team": "edge"})
    out = pod("none", name="http-2", labels=ours)
    snapshot = altered(shop(pod(), pod(name="http-1", labels=ours), out), gateways=[made_of])
    text = tell(snapshot, "enable", of(snapshot))
    assert text.startswith(
        "http-1 is a gateway of Istio and would be redirected to ztunnel: its connections would fail"
    )
    assert "to keep it out, do this first: kubectl patch gateway http -n shop --type=merge -p" in text
    assert tell(snapshot, "disable", of(snapshot)) == ""
    sandwiched = structs.replace(made_of, inbound_binding="PROXY/15088")
    assert tell(altered(snapshot, gateways=[sandwiched]), "enable", of(snapshot)) == ""
    kgateway = pod(name="kg-1", labels={"gateway.networking.k8s.io/gateway-name": "kg"})
    assert tell(shop(kgateway), "enable", namespace()) == ""
