"""What to do about a pod: the commands, and that each is possible and does what it says."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from kubectl_ambient.change.effects import edited
from kubectl_ambient.change.plan import plan
from kubectl_ambient.cluster.facts import (
    DATAPLANE_MODE,
    Annotations,
    EnvVar,
    LabelSelector,
    Namespace,
    Owner,
    Pod,
    Requirement,
    Template,
    Unread,
    Workload,
)
from kubectl_ambient.cluster.installation_facts import DaemonSet, Webhook
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.evidence import Fix
from kubectl_ambient.mesh.fixes import fixes
from kubectl_ambient.mesh.injection import DEFAULT_WEBHOOKS
from kubectl_ambient.mesh.judge import Judge
from tests.lines import line
from tests.snapshots import altered

from .builders import AMBIENT, NONE, SIDECAR, cluster, config_data, pod, redirected
from .test_properties import a_documented_snapshot, a_snapshot, thorough

WEB = Owner(kind="Deployment", name="web")
OTHER = {DATAPLANE_MODE: "Ambient"}
INJECTED = {"istio-injection": "enabled"}
NS, DEPLOY, POD = "enable ns app", "enable deployment web -n app", "enable pod web-1 -n app"
RESTART, DELETE = "kubectl rollout restart deployment/web -n app", "kubectl delete pod web-1 -n app"
STOP = "kubectl label namespace app istio-injection-"
EDIT = "kubectl edit configmap istio-cni-config -n istio-system"
AGENTS = "kubectl rollout restart daemonset/istio-cni-node -n istio-system"
CNI_OFF = {"data": config_data("1.30.3") | {"AMBIENT_ENABLED": "false"}}
NO_CNI: dict[str, Any] = {"cni_daemonsets": [], "cni_pods": [], "cni_config": [], "ztunnel_pods": []}
EXCLUDED = {"data": config_data("1.30.3") | {"EXCLUDE_NAMESPACES": "app"}}


def what_to_do(subject: Pod, namespace: dict[str, str] | None = None, *workloads: Workload, **fields: Any) -> list[Fix]:
    found = {w.ref: w for w in workloads}
    snapshot = cluster("1.30.3", [subject], namespace, workloads=found, **fields)
    return list(fixes(Judge(snapshot).explain(subject), snapshot))


def commands(subject: Pod, namespace: dict[str, str] | None = None, *workloads: Workload, **fields: Any) -> list[str]:
    found = what_to_do(subject, namespace, *workloads, **fields)
    return [line(fix.command).removeprefix("kubectl ambient ") for fix in found]


def web(labels: dict[str, str] | None = None, **fields: Any) -> Workload:
    template = Template(labels=labels or {})
    return Workload(name="web", template=template, **{"kind": "Deployment", "namespace": "app", **fields})


@pytest.mark.parametrize("labels", [{}, NONE, OTHER])
@pytest.mark.parametrize("fields", [{"host_network": True}, {"windows_field": "spec.os.name"}, {"phase": "Failed"}])
@pytest.mark.parametrize("settings", [{}, NO_CNI, CNI_OFF, EXCLUDED])
def test_nothing_for_a_pod_that_nothing_brings_in(
    labels: dict[str, str], fields: dict[str, Any], settings: dict[str, Any]
) -> None:
    assert commands(pod(labels, owner=WEB, **fields), {}, web(), **settings) == []


@pytest.mark.parametrize("labels", [{}, NONE, OTHER, AMBIENT])
@pytest.mark.parametrize("annotations", [Annotations(), SIDECAR])
def test_no_label_where_no_label_has_any_effect(labels: dict[str, str], annotations: Annotations) -> None:
    """And what all share is not changed for a pod that asks for nothing."""
    subject, asks = pod(labels, owner=WEB, annotations=annotations), labels == AMBIENT
    assert commands(subject, {}, web(), **NO_CNI) == (["istioctl install --set profile=ambient"] if asks else [])
    assert commands(subject, {}, web(), **CNI_OFF) == ([EDIT, AGENTS] if asks else [])
    assert commands(subject, {}, web(), **EXCLUDED) == ([EDIT, AGENTS] if asks else [])


@pytest.mark.parametrize(
    ("variable", "value", "verb"),
    [
        ("EXCLUDE_NAMESPACES", "app", "edit"),
        ("AMBIENT_ENABLED", "false", "edit"),
        ("AMBIENT_ENABLEMENT_SELECTOR", "- {podSelector: {matchLabels: {a: b}}}", "get"),
        ("AMBIENT_ENABLEMENT_SELECTOR", "- {podSelector: {matchExpressions: [{key: a}]}}", "edit"),
    ],
)
def test_a_setting_is_changed_where_it_stands(variable: str, value: str, verb: str) -> None:
    """A literal env of the container beats the ConfigMap."""
    (found,) = commands(pod(), AMBIENT, env=(EnvVar(name=variable, value=value),))
    assert found.removesuffix(" -o yaml") == f"kubectl {verb} daemonset istio-cni-node -n istio-system"


def test_a_pod_that_nothing_asks_for() -> None:
    assert commands(pod(owner=WEB), {}, web()) == [NS, DEPLOY]
    assert commands(pod()) == [NS, POD]
    for kind in ("Job", "ReplicaSet", "StatefulSet.apps.kruise.io", "Widget"):
        assert commands(pod(owner=Owner(kind=kind, name="web"))) == [NS, POD]


@pytest.mark.parametrize("value", ["Ambient", "none", "kmesh", ""])
def test_another_value_needs_overwrite(value: str) -> None:
    other = {DATAPLANE_MODE: value}
    assert commands(pod(owner=WEB), other, web()) == [f"{NS} --overwrite", DEPLOY]
    assert commands(pod(owner=WEB), {}, web(other)) == [NS, f"{DEPLOY} --overwrite"]
    assert commands(pod(other, owner=WEB))[-1] == f"{DEPLOY} --overwrite", "its template was not read"
    assert commands(pod(other))[-1] == f"{POD} --overwrite"


def test_a_pod_that_opted_out() -> None:
    assert commands(pod(NONE, owner=WEB), AMBIENT, web(NONE)) == [f"{DEPLOY} --overwrite"]
    assert commands(pod(NONE, owner=WEB), AMBIENT, web()) == [DEPLOY]
    assert commands(pod(NONE), AMBIENT) == [f"{POD} --overwrite"]
    assert commands(pod(NONE, annotations=SIDECAR), AMBIENT) == [], "it would keep its sidecar"
    injected = pod(NONE, owner=WEB, annotations=SIDECAR)
    assert commands(injected, INJECTED, web(NONE)) == [STOP, f"{DEPLOY} --overwrite"]


@pytest.mark.parametrize("label", [{"app": "ztunnel"}, {"app": "istiod"}, {"k8s-app": "istio-cni-node"}])
def test_istios_own_agents_are_not_to_be_put_in(label: dict[str, str]) -> None:
    assert commands(pod({**NONE, **label}, owner=WEB), AMBIENT, web({**NONE, **label})) == []


def test_a_template_that_has_the_label_already_wants_a_restart() -> None:
    assert commands(pod(NONE, owner=WEB), AMBIENT, web(AMBIENT)) == [RESTART]
    assert commands(pod(owner=WEB), {}, web(AMBIENT)) == [NS, RESTART]


def test_a_pod_with_a_sidecar_that_nothing_asks_for() -> None:
    injected = pod(owner=WEB, annotations=SIDECAR)
    assert commands(injected, {}, web()) == [NS, DEPLOY], "the restart takes it away"
    assert commands(injected, INJECTED, web()) == [NS, STOP, DEPLOY]
    assert commands(pod(annotations=SIDECAR), INJECTED) == [NS, STOP, DELETE]


def test_a_pod_with_a_sidecar_that_is_asked_for() -> None:
    injected = pod(owner=WEB, annotations=SIDECAR)
    both = AMBIENT | INJECTED
    assert commands(injected, both, web()) == [STOP, RESTART]
    assert commands(injected, AMBIENT, web()) == [RESTART]
    assert what_to_do(injected, both, web(NONE))[-1].effect == "its next pods come without a sidecar"
    assert what_to_do(injected, both, web())[-1].effect == "its next pods come without a sidecar, in ambient mode"


def test_a_sidecar_by_the_template_itself() -> None:
    mine = {"sidecar.istio.io/inject": "true"}
    injected = pod(mine, owner=WEB, annotations=SIDECAR)
    (patch,) = commands(injected, AMBIENT, web(mine))
    assert patch.startswith("kubectl patch deployment/web -n app -p ")
    for kind in ("Job", "CronJob", "Widget"):
        odd = structs.replace(injected, owner=Owner(kind=kind, name="web"))
        assert commands(odd, AMBIENT, web(mine, kind=kind)) == [], "its template cannot be changed, or is not known"
    assert commands(pod(mine, annotations=SIDECAR), AMBIENT) == [], "no label takes it off a pod"


def test_a_sidecar_by_the_template_and_the_namespace() -> None:
    mine = {"sidecar.istio.io/inject": "true"}
    running = pod(mine, owner=WEB, annotations=redirected("enabled"))
    assert commands(running, AMBIENT | INJECTED, web()) == [STOP]
    assert commands(running, AMBIENT | INJECTED, web(mine)) == [], "without the namespace's label it asks all the same"
    (patch,) = commands(structs.replace(running, annotations=SIDECAR), AMBIENT | INJECTED, web(mine))
    assert patch.startswith("kubectl patch")


def test_what_asks_for_the_sidecar_next_is_stopped_too() -> None:
    revised = {"istio.io/rev": "default"}
    subject = pod(owner=WEB, annotations=SIDECAR)
    stop = "kubectl label namespace app istio-injection=disabled"
    assert commands(subject, AMBIENT | INJECTED | revised, web()) == [f"{stop} --overwrite", RESTART]
    assert commands(subject, AMBIENT | revised, web()) == [stop, RESTART], "the revision stays: waypoints have it too"
    everywhere = Webhook(configuration="istio-sidecar-injector", name="auto.sidecar-injector.istio.io")
    always = {"webhooks": [*DEFAULT_WEBHOOKS, everywhere]}
    assert commands(subject, AMBIENT | INJECTED, web(), **always)[0].startswith("kubectl patch"), "no label stops it"
    unless = LabelSelector(match_expressions=(Requirement(key="istio-injection", operator="DoesNotExist"),))
    always["webhooks"][-1] = structs.replace(everywhere, namespace_selector=unless)
    assert commands(subject, AMBIENT | INJECTED, web(), **always) == [f"{stop} --overwrite", RESTART]
    assert commands(subject, AMBIENT, web(), **always) == [stop, RESTART]


def test_a_template_with_a_sidecar_by_hand() -> None:
    by_hand = structs.replace(web(), template=Template(annotations=SIDECAR))
    (fix,) = what_to_do(pod(owner=WEB, annotations=SIDECAR), AMBIENT | INJECTED, by_hand)
    assert line(fix.command) == "# take the sidecar out of the manifest of Deployment web"


def test_no_promise_where_the_injector_cannot_be_foretold() -> None:
    conditional = [structs.replace(hook, conditional=True) for hook in DEFAULT_WEBHOOKS]
    assert commands(pod(owner=WEB, annotations=SIDECAR), AMBIENT | INJECTED, web(), webhooks=conditional) == []


def test_a_pod_that_was_not_put_in_is_renewed_only_where_the_next_one_would_be() -> None:
    logs = "kubectl logs istio-cni-node-n1 -n istio-system | grep web-1"
    assert commands(pod(owner=WEB), AMBIENT, web()) == [logs, RESTART]
    assert commands(pod(owner=WEB), AMBIENT | INJECTED, web()) == [logs, STOP, RESTART]
    assert commands(pod(AMBIENT, owner=WEB), {}, web()) == [logs], "the next one follows its template"
    mine = {"sidecar.istio.io/inject": "true"}
    assert commands(pod(owner=WEB), AMBIENT, web(mine)) == [logs], "the next one gets a sidecar"


def test_what_cannot_be_told_is_asked_for_where_it_stands() -> None:
    unread = {"app": Unread(what="get namespace app", why="forbidden")}
    assert commands(pod(), namespaces=unread)[0] == "kubectl auth can-i get namespace/app"
    nowhere: dict[str, Any] = {"cni_daemonsets": [DaemonSet(namespace="istio-system", name="istio-cni-node")]}
    nowhere |= {"cni_pods": [], "ztunnel_pods": [], "data": {"AMBIENT_ENABLED": "true"}}
    assert commands(pod(), AMBIENT, **nowhere) == ["kubectl get daemonsets -A -l k8s-app=istio-cni-node -o wide"]
    old = cluster("1.18.0", [pod()], AMBIENT, data=config_data("1.30.3"))
    assert fixes(Judge(old).explain(next(iter(old.pods))), old) == ()


def test_an_opt_out_that_is_not_heeded_moves_nobody_in() -> None:
    everybody = {"data": config_data("1.30.3", "- {}")}
    for value in (None, "enabled", "pending"):
        assert commands(pod(NONE, owner=WEB, annotations=redirected(value)), {}, web(NONE), **everybody) == [
            EDIT,
            AGENTS,
        ]


def test_a_finished_pod_restarts_nobody() -> None:
    finished = pod(owner=WEB, phase="Failed", annotations=redirected("enabled"))
    (fix,) = what_to_do(finished, AMBIENT, web())
    assert (line(fix.command), fix.effect) == (DELETE, "removes it and its logs: nothing runs in it")
    assert commands(structs.replace(finished, mirror=True), AMBIENT) == [], "the kubelet would write it again"


def test_a_stale_pod_whose_template_asks_for_ambient() -> None:
    (fix,) = what_to_do(pod(NONE, owner=WEB, annotations=redirected("enabled")), AMBIENT, web())
    assert (line(fix.command), fix.effect) == (RESTART, "the new pod starts anew, and by its labels is in ambient mode")


@pytest.mark.parametrize("held", [{"paused": True}, {"update_strategy": "OnDelete"}])
def test_a_workload_that_does_not_restart_its_pods(held: dict[str, Any]) -> None:
    assert commands(pod(owner=WEB, annotations=SIDECAR), AMBIENT, web(**held)) == [DELETE]
    assert "restarts" not in what_to_do(pod(owner=WEB), {}, web(**held))[-1].effect


def test_a_paused_deployment_makes_pods_by_the_old_template_until_it_is_resumed() -> None:
    paused = commands(pod(owner=WEB), {}, web(AMBIENT, paused=True))
    assert paused == [NS, "kubectl rollout resume deployment/web -n app"]
    assert what_to_do(pod(owner=WEB), {}, web(paused=True))[-1].effect.endswith("each pod when its rollout is resumed")
    on_delete = web(AMBIENT, kind="DaemonSet", update_strategy="OnDelete")
    assert commands(pod(owner=Owner(kind="DaemonSet", name="web")), {}, on_delete) == [NS, DELETE]


def test_one_pod_of_a_daemonset_is_deleted_and_the_others_left_alone() -> None:
    of_ds = pod(owner=Owner(kind="DaemonSet", name="web"), annotations=SIDECAR)
    assert commands(of_ds, AMBIENT, web(kind="DaemonSet")) == [DELETE]


def test_a_static_pod_is_not_deleted() -> None:
    static = pod(mirror=True, owner=Owner(kind="Node", name="n1"), annotations=redirected("enabled"))
    (fix,) = what_to_do(static)
    assert line(fix.command) == "# change the manifest of static pod web-1 on node n1"
    assert fix.effect == "the new pod starts without the old redirection"


OWNERS = (None, *(Owner(kind=kind, name="web") for kind in ("Deployment", "StatefulSet", "Job", "Widget")))
some_values = st.sampled_from(({}, {}, AMBIENT, NONE, OTHER))


@st.composite
def owned(draw: st.DrawFn) -> Snapshot:
    """A pod that may have drifted from its template."""
    snapshot = draw(st.one_of(a_documented_snapshot(), a_snapshot()))
    owner = draw(st.sampled_from(OWNERS))
    injects = draw(st.sampled_from(({}, {}, {"sidecar.istio.io/inject": "true"})))
    subject = structs.replace(
        next(iter(snapshot.pods)), owner=owner, mirror=draw(st.sampled_from((False, False, True)))
    )
    made = web(draw(some_values) | injects, kind=owner.kind, namespace=subject.namespace) if owner else web()
    known = {made.ref: made} if owner and owner.kind != "Widget" and draw(st.booleans()) else {}
    return altered(snapshot, pods=[subject], workloads=known)


@thorough
@given(owned())
def test_each_step_is_possible_and_does_what_it_says(snapshot: Snapshot) -> None:
    found = fixes(Judge(snapshot).explain(next(iter(snapshot.pods))), snapshot)
    before = snapshot
    for fix in found:
        snapshot = done(fix, before if fix.alternative else snapshot)


def done(fix: Fix, snapshot: Snapshot) -> Snapshot:
    """The snapshot after a step, where that is one for labels; fails where it is refused or moves nothing."""
    words, subject = shlex.split(line(fix.command)), next(iter(snapshot.pods))
    match words:
        case ["#", *_]:
            assert subject.mirror or "install" in words
        case ["kubectl", "delete", "pod", *_]:
            assert not subject.mirror
        case ["kubectl", "ambient", "enable", kind, _, *flags]:
            return _enabled(kind, flags, snapshot)
        case ["kubectl", "label", "namespace", name, change, *flags]:
            after = _labelled(name, change, flags, snapshot)
            assert _next_expected(after) != "sidecar"
            return after
        case ["kubectl", "patch", _, "-n", _, "-p", text]:
            return _patched(json.loads(text), snapshot)
        case ["kubectl", "edit", "configmap" | "daemonset", *_]:
            return _configured(fix, snapshot)
        case ["kubectl", "rollout", "restart", target, *_] if target != "daemonset/istio-cni-node":
            assert target in ("deployment/web", "statefulset/web")
            if "in ambient mode" in fix.effect or "put in" in fix.effect:
                assert _next_expected(snapshot) == "ambient"
    return snapshot


def _configured(fix: Fix, snapshot: Snapshot) -> Snapshot:
    """With ambient on, where that was the change; literal settings are beside the point here."""
    configs = snapshot.cni_config.known
    if "AMBIENT_ENABLED" not in fix.effect or not configs:
        return snapshot
    return altered(
        snapshot, cni_config=[structs.replace(configs[0], data=configs[0].data | {"AMBIENT_ENABLED": "true"})]
    )


def _labelled(name: str, change: str, flags: Sequence[str], snapshot: Snapshot) -> Snapshot:
    namespace = snapshot.namespaces.facts[name]
    assert isinstance(namespace, Namespace)
    key, _, value = change.removesuffix("-").partition("=")
    assert (key in namespace.labels) == (change.endswith("-") or "--overwrite" in flags)
    labels = {k: v for k, v in namespace.labels.items() if k != key} | ({key: value} if value else {})
    namespaces = {**snapshot.namespaces.facts, name: structs.replace(namespace, labels=labels)}
    return altered(snapshot, namespaces=namespaces)


def _enabled(kind: str, flags: Sequence[str], snapshot: Snapshot) -> Snapshot:
    subject = next(iter(snapshot.pods))
    target: Namespace | Pod | Workload | None = snapshot.workloads.facts.get(f"{kind.title()}/{subject.namespace}/web")
    if kind == "pod":
        target = subject
    elif kind == "ns":
        namespace = snapshot.namespaces.facts[subject.namespace]
        assert isinstance(namespace, Namespace)
        target = namespace
    elif kind in ("deployment", "statefulset"):
        target = next(iter(snapshot.workloads.facts.values()), None)
    if target is None:
        return snapshot  # its template was not read
    edit = plan(target, "enable", overwrite="--overwrite" in flags)
    assert edit.action == "set", edit.why
    after = edited(snapshot, [edit])
    if kind == "pod":
        assert Judge(after).expected_of(next(iter(after.pods))).expected == "in"
    elif kind != "ns":
        assert _next_expected(after) == "ambient"
    return after


def _patched(patch: Any, snapshot: Snapshot) -> Snapshot:
    labels = patch["spec"]["template"]["metadata"]["labels"]
    found = {
        ref: structs.replace(w, template=structs.replace(w.template, labels=w.template.labels | labels))
        for ref, w in snapshot.workloads.facts.items()
    }
    after = altered(snapshot, workloads=found)
    assert not found or _next_expected(after) != "sidecar"
    return after


def _next_expected(snapshot: Snapshot) -> str:
    """What the next pod of the owner is, on the same node."""
    return Judge(snapshot).judge(next(iter(snapshot.pods))).after_restart


def test_nothing_is_advised_for_what_ends() -> None:
    out, ends = pod(), datetime(2026, 1, 1, tzinfo=UTC)
    assert what_to_do(out)
    assert what_to_do(pod(deleting=ends)) == []
    ending = {"app": Namespace(name="app", deleting=ends)}
    assert what_to_do(out, namespaces=ending) == []
