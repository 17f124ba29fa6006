"""What must hold for every snapshot, whatever is in it: laws of the rules, tried on random ones.

The random facts stand at the top; `tests/docs` holds the documents of the same snapshots to their schemas.
"""

from __future__ import annotations

import itertools
import json
import math
import re
import struct
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from msgspec import structs

from kubectl_ambient.cluster.facts import (
    DATAPLANE_MODE,
    AgentContainer,
    Annotations,
    EnvVar,
    LabelSelector,
    Namespace,
    Node,
    Owner,
    Pod,
    Requirement,
    Template,
    Unread,
    Workload,
)
from kubectl_ambient.cluster.installation_facts import ConfigMap, DaemonSet
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.catalogue import Reason
from kubectl_ambient.mesh.enrolment.enablement import Invalid, parse
from kubectl_ambient.mesh.enrolment.goscalars import go_float
from kubectl_ambient.mesh.installation import versions
from kubectl_ambient.mesh.installation.agents import installation
from kubectl_ambient.mesh.judge import Judge
from kubectl_ambient.mesh.selectors import as_text, matches, why_invalid
from kubectl_ambient.mesh.verdict import Judgement, Verdict
from tests.mesh.builders import AMBIENT, DEFAULT_SELECTORS, NONE, agent, cluster, config_data, pod, redirected
from tests.snapshots import altered

# Every release whose rules were read, and the patches that follow (1.29.7, 1.30.4), in order.
NEWEST_PATCH = {22: 8, 23: 6, 24: 6, 25: 5, 26: 8, 27: 9, 28: 10, 29: 7, 30: 4, 31: 1}
TAGS = tuple(f"1.{minor}.{patch}" for minor, newest in NEWEST_PATCH.items() for patch in range(newest + 1))
# Some of each behaviour, so that a random one is often a telling one.
TELLING = ("1.22.0", "1.22.2", "1.23.6", "1.24.4", "1.24.6", "1.25.1", "1.26.8", "1.27.0", "1.29.7", "1.30.3", "1.31.0")

MODES = ("ambient", "none", "", "Ambient", "sidecar", "Kmesh")
# Most are wanted in, so that what keeps a pod out is the exception and shows.
MOSTLY_AMBIENT = ("ambient",) * 6 + MODES
NAMESPACES = ("app", "kube-system")

a_version = st.one_of(st.sampled_from(TELLING), st.sampled_from(TAGS))
some_labels = st.fixed_dictionaries(
    {},
    optional={
        DATAPLANE_MODE: st.sampled_from(("ambient", "ambient", "none", *MODES)),
        "team": st.sampled_from(("a", "b", "")),
        "sidecar.istio.io/inject": st.sampled_from(("true", "false", "yes")),
        "istio.io/rev": st.sampled_from(("default", "canary")),
        "gateway.istio.io/managed": st.just("istio.io-mesh-controller"),
    },
)
namespace_labels = st.fixed_dictionaries(
    {},
    optional={
        DATAPLANE_MODE: st.sampled_from(MOSTLY_AMBIENT),
        "team": st.sampled_from(("a", "b")),
        "istio-injection": st.sampled_from(("enabled", "disabled")),
        "istio.io/rev": st.sampled_from(("default", "canary")),
    },
)
some_annotations = st.builds(
    Annotations,
    redirection=st.sampled_from((None, "enabled", "pending", "disabled")),
    sidecar_status=st.sampled_from((None, None, None, "", '{"revision":"default"}')),
    inject=st.sampled_from((None, None, "true", "false", "no")),
    inject_templates=st.sampled_from((None, None, None, "grpc-agent", "gateway")),
    bypass_inbound_capture=st.sampled_from((None, None, None, "true", "0", "*")),
    dataplane_mode=st.sampled_from((None, None, None, "ambient")),
)


@st.composite
def a_pod(draw: st.DrawFn) -> Pod:
    return pod(
        draw(some_labels),
        namespace=draw(st.sampled_from(NAMESPACES)),
        annotations=draw(some_annotations),
        host_network=draw(st.sampled_from((False,) * 9 + (True,))),
        windows_field=draw(st.sampled_from(("",) * 9 + ("spec.os.name",))),
        phase=draw(st.sampled_from(("Running",) * 12 + ("Pending", "Succeeded", "Failed", ""))),
        node=draw(st.sampled_from(("n1", "n1", "n1", "n2", ""))),
        has_ip=draw(st.booleans()),
        creating=draw(st.sampled_from((False, False, True))),
        native_sidecar=draw(st.booleans()),
        owner=draw(st.sampled_from((None, Owner(kind="Job", name="once"), Owner(kind="DaemonSet", name="each")))),
    )


a_key = st.sampled_from((DATAPLANE_MODE, "team", "env"))
a_value = st.sampled_from(("a", "b", "ambient", "none", ""))
a_requirement = st.one_of(
    st.builds(
        Requirement,
        key=a_key,
        operator=st.sampled_from(("In", "NotIn")),
        values=st.lists(a_value, min_size=1, max_size=3).map(tuple),
    ),
    st.builds(Requirement, key=a_key, operator=st.sampled_from(("Exists", "DoesNotExist"))),
)
a_selector = st.builds(
    LabelSelector,
    match_labels=st.dictionaries(a_key, a_value, max_size=2),
    match_expressions=st.lists(a_requirement, max_size=2).map(tuple),
)


def written(selector: LabelSelector) -> dict[str, Any]:
    """A selector as one writes it into a manifest."""
    found: dict[str, Any] = {}
    if selector.match_labels:
        found["matchLabels"] = dict(selector.match_labels)
    if selector.match_expressions:
        found["matchExpressions"] = [
            {"key": r.key, "operator": r.operator, **({"values": list(r.values)} if r.values else {})}
            for r in selector.match_expressions
        ]
    return found


@st.composite
def some_selectors(draw: st.DrawFn) -> str | None:
    """The text of AMBIENT_ENABLEMENT_SELECTOR: mostly the default, else valid ones, else none or refused ones."""
    kind = draw(st.sampled_from(("default",) * 4 + ("custom",) * 3 + ("none", "refused")))
    if kind == "default":
        return DEFAULT_SELECTORS
    if kind == "none":
        return draw(st.sampled_from((None, "", "[]")))
    if kind == "refused":
        return draw(st.sampled_from(("{", "- podSelector: x", "- podSelector: {matchLabels: {a: -}}")))
    entries = draw(st.lists(st.tuples(a_selector, a_selector), min_size=1, max_size=3))
    return yaml.safe_dump([{"podSelector": written(p), "namespaceSelector": written(n)} for p, n in entries])


def snapshot_of(
    version: str, subject: Pod, labels: Mapping[str, str], data: Mapping[str, str] | None = None, **fields: Any
) -> Snapshot:
    """An ambient installation of that version on node n1, with one more pod."""
    settings: dict[str, Any] = {
        "namespace": subject.namespace,
        "data": dict(data) if data is not None else None,
        "workloads": {
            w.ref: w
            for w in (
                Workload(kind="DaemonSet", namespace=subject.namespace, name="each", template=Template(labels=AMBIENT)),
            )
        },
    }
    return cluster(version, [subject], dict(labels), **{**settings, **fields})


@st.composite
def a_documented_snapshot(draw: st.DrawFn) -> Snapshot:
    """Any version, pod and namespace in an installation with the documented settings."""
    snapshot = snapshot_of(draw(a_version), draw(a_pod()), draw(namespace_labels))
    return snapshot if draw(st.booleans()) else altered(snapshot, cni_pods=[])


@st.composite
def a_snapshot(draw: st.DrawFn) -> Snapshot:
    """Anything: other settings, no istio-cni, agents that are not Ready or of another version, Windows nodes."""
    version = draw(st.one_of(a_version, st.sampled_from(("1.21.4", "1.32.0", "latest"))))
    known = version if versions.parse(version) else "1.30.3"
    data = config_data(known, draw(some_selectors()))
    if version == "latest":
        data.pop("CURRENT_AGENT_VERSION", None)
    enabled = draw(st.sampled_from(("true", "true", "true", "false", "1", "")))
    if "AMBIENT_ENABLED" in data:
        data["AMBIENT_ENABLED"] = enabled
    data["EXCLUDE_NAMESPACES"] = draw(st.sampled_from(("kube-system", "", "app", "kube-system, app")))
    env = draw(st.sampled_from(((), (), (EnvVar(name="EXCLUDE_NAMESPACES", value="app"),))))
    snapshot = snapshot_of(version, draw(a_pod()), draw(namespace_labels), data, env=env)
    if draw(st.sampled_from((False,) * 5 + (True,))):
        snapshot = altered(snapshot, cni_daemonsets=[], cni_pods=[], cni_config=[])
    elif draw(st.sampled_from((False, False, True))):
        other = draw(a_version)
        snapshot = altered(snapshot, cni_pods=[agent("istio-cni-node", other, ready=draw(st.booleans()))])
    if draw(st.sampled_from((False, False, True))):
        snapshot = altered(snapshot, ztunnel_pods=draw(st.sampled_from(([], [agent("ztunnel", "1.30.3")]))))
    system = draw(st.sampled_from(("linux", "linux", "linux", "windows")))
    return altered(snapshot, nodes={"n1": Node(name="n1", labels={"kubernetes.io/os": system})})


# No deadline, and no complaint of slowness: machines that run tests are busy.
thorough = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
brief = settings(thorough, max_examples=50)

PARTS = (
    "namespace",
    "nodes",
    "cni_daemonsets",
    "cni_config",
    "cni_pods",
    "ztunnel_pods",
    "webhooks",
    "injectors",
    "istiods",
    "events",
)
some_parts = st.sets(st.sampled_from(PARTS), min_size=1)


def without(snapshot: Snapshot, parts: set[str]) -> Snapshot:
    """The same, of which some parts could not be read."""
    hidden = {part: Unread(what=f"list {part}", why="forbidden") for part in parts}
    namespace = hidden.pop("namespace", None)
    if namespace is not None:
        hidden["namespaces"] = dict.fromkeys(snapshot.namespaces.facts, namespace)  # type: ignore[assignment]
    return altered(snapshot, **hidden)


def explain(snapshot: Snapshot) -> Judgement:
    return Judge(snapshot).explain(next(iter(snapshot.pods)))


def verdict_of(snapshot: Snapshot) -> Verdict:
    return Judge(snapshot).judge(next(iter(snapshot.pods)))


def changed(snapshot: Snapshot, **fields: Any) -> Snapshot:
    """The same with another first pod."""
    first, *others = snapshot.pods
    return altered(snapshot, pods=[structs.replace(first, **fields), *others])


def relabelled(snapshot: Snapshot, **labels: str) -> Snapshot:
    """The same with other labels on the namespaces."""
    namespaces: dict[str, Namespace | Unread] = {
        name: structs.replace(n, labels={**n.labels, **labels}) if isinstance(n, Namespace) else n
        for name, n in snapshot.namespaces.facts.items()
    }
    return altered(snapshot, namespaces=namespaces)


# The trace


@brief
@given(a_snapshot(), st.one_of(st.just(set()), some_parts))
def test_explain_and_status_give_one_verdict(snapshot: Snapshot, hidden: set[str]) -> None:
    snapshot = without(snapshot, hidden) if hidden else snapshot
    explained, listed = explain(snapshot).verdict, verdict_of(snapshot)
    # What is true of the mesh stands at the top of a listing, and beside the pod in an explanation.
    assert [f for f in explained.findings if f in listed.findings] == [*listed.findings]
    assert structs.replace(explained, findings=listed.findings) == listed


def deciding(judgement: Judgement) -> list[Any]:
    """The steps of a trace that say what the verdict says."""
    decision = judgement.decision
    return [s for s in decision.steps if s.outcome == decision.expected and s.reason == decision.reason]


@brief
@given(a_snapshot())
def test_the_deciding_step_of_the_trace_is_the_verdict(snapshot: Snapshot) -> None:
    judgement = explain(snapshot)
    found = deciding(judgement)
    assert len(found) == 1
    (step,) = found
    assert step.message == judgement.decision.because.message
    assert (step.outcome, step.reason) == (judgement.decision.expected, judgement.decision.reason)
    steps = judgement.decision.steps
    position = steps.index(step)
    reached = steps[: position + 1] if step.outcome != "in" else steps
    of_none = () if judgement.agents.worlds[-1].installed else ("Version",)
    assert all(s.outcome in ("pass", "in") or s is step or s.rule in ("Asked", *of_none) for s in reached)
    assert all(s.outcome == "skipped" for s in steps[len(reached) :])


def test_where_versions_disagree_the_trace_has_a_step_that_says_so() -> None:
    data = config_data("1.30.3")
    del data["CURRENT_AGENT_VERSION"]
    judgement = explain(snapshot_of("latest", pod(namespace="kube-system"), AMBIENT, data))
    assert judgement.verdict.expected == "unknown"
    assert deciding(judgement)
    assert judgement.decision.because.docs == Reason.EVIDENCE_MISSING.page


# Laws of enrolment


@brief
@given(a_version, a_pod(), namespace_labels)
def test_adding_none_to_a_pod_never_moves_it_in(version: str, subject: Pod, labels: dict[str, str]) -> None:
    opted_out = structs.replace(subject, labels={**subject.labels, **NONE})
    verdict = verdict_of(snapshot_of(version, opted_out, labels))
    assert verdict.expected == "out"


@brief
@given(a_version, a_pod(), namespace_labels)
def test_labelling_a_namespace_ambient_never_moves_a_pod_out(
    version: str, subject: Pod, labels: dict[str, str]
) -> None:
    before = verdict_of(snapshot_of(version, subject, labels))
    after = verdict_of(snapshot_of(version, subject, {**labels, **AMBIENT}))
    assert not (before.expected == "in" and after.expected == "out")


@brief
@given(a_snapshot(), some_parts, st.sampled_from(("", "{}", "injected")))
def test_a_sidecar_is_never_expected_in(snapshot: Snapshot, hidden: set[str], status: str) -> None:
    annotations = structs.replace(next(iter(snapshot.pods)).annotations, sidecar_status=status)
    with_sidecar = changed(snapshot, annotations=annotations)
    assert verdict_of(with_sidecar).expected != "in"
    assert verdict_of(without(with_sidecar, hidden)).expected != "in"


# What keeps a pod out that is in without it.
OUT: dict[str, dict[str, Any]] = {
    "PodOptedOut": {"labels": NONE},
    "PodFinished": {"phase": "Succeeded"},
    "NodeUnsupported": {"windows_field": "spec.os.name"},
    "HostNetwork": {"host_network": True},
    "SidecarPresent": {"annotations": Annotations(sidecar_status="")},
}


@pytest.mark.parametrize("reason", OUT)
def test_each_hindrance_alone_keeps_a_pod_out_in_every_release(reason: str) -> None:
    for tag in TAGS:
        assert verdict_of(snapshot_of(tag, pod(), AMBIENT)).expected == "in"
        verdict = verdict_of(snapshot_of(tag, pod(**OUT[reason]), AMBIENT))
        assert (verdict.expected, verdict.reason) == ("out", reason), tag


def test_exclusion_counts_from_1_30_on() -> None:
    for tag in TAGS:
        excluded = verdict_of(snapshot_of(tag, pod(AMBIENT, namespace="kube-system"), AMBIENT))
        assert excluded.expected == ("out" if int(tag.split(".")[1]) >= 30 else "in"), tag


@brief
@given(a_snapshot(), st.sampled_from((None, "enabled", "pending", "", "true")))
def test_what_should_be_never_hangs_on_what_is(snapshot: Snapshot, value: str | None) -> None:
    annotations = structs.replace(next(iter(snapshot.pods)).annotations, redirection=value)
    marked = changed(snapshot, annotations=annotations)
    before, after = verdict_of(snapshot), verdict_of(marked)
    if names_no_version(snapshot):
        # What istio-cni wrote on a pod then tells of its version; that may settle what was unknown, and no more.
        assert before.expected == after.expected or "unknown" in (before.expected, after.expected)
        return
    assert (before.expected, before.reason, before.after_restart) == (after.expected, after.reason, after.after_restart)


@brief
@given(a_snapshot())
def test_what_follows_a_restart_is_what_the_verdict_says(snapshot: Snapshot) -> None:
    judged, asked = Judge(snapshot), Judge(snapshot)
    for each in snapshot.pods:
        assert asked.after_restart(each) == judged.judge(each).after_restart
    assert asked.assumptions == judged.assumptions


@brief
@given(a_snapshot(), st.data())
def test_agents_that_are_told_the_same_are_judged_as_each_alone(snapshot: Snapshot, data: st.DataObject) -> None:
    agents = [structs.replace(agent("istio-cni-node", "1.30.3", node), agent=None) for node in ("n1", "n2", "n3")]
    known = [found.agent for found in snapshot.cni_pods if found.agent] or [AgentContainer(image="install-cni:1.24")]
    containers = st.sampled_from([*known, *(structs.replace(one, image="install-cni:1.29.7") for one in known)])
    agents = [structs.replace(one, agent=data.draw(containers)) for one in agents]
    together = installation(altered(snapshot, cni_pods=agents))
    for one in agents:
        alone = installation(altered(snapshot, cni_pods=[one]))
        if not names_no_version(snapshot):
            assert together.on(one.node).worlds == alone.on(one.node).worlds


def names_no_version(snapshot: Snapshot) -> bool:
    """Whether some agent's version has to be found out by what it does."""
    found = Judge(snapshot).installation
    return any(agents.worlds[-1].version_told.value is None for agents in (found.elsewhere, *found.nodes.values()))


def uncounted(verdict: Verdict) -> Verdict:
    """The same without the number of pods that were redirected by an istio-cni that is gone."""

    def without(text: str) -> str:
        return re.sub(" and |, ", " ", re.sub(r"(?:, | and )\d+ redirected pods?", "", text))

    findings = tuple(structs.replace(f, message=without(f.message)) for f in verdict.findings)
    return structs.replace(verdict, message=without(verdict.message), findings=findings)


@brief
@given(a_snapshot(), a_pod(), st.integers(0, 1))
def test_other_pods_change_nothing(snapshot: Snapshot, other: Pod, position: int) -> None:
    alone = verdict_of(snapshot)
    pods = [*snapshot.pods]
    pods.insert(position, structs.replace(other, name="other"))
    judge = Judge(altered(snapshot, pods=pods))
    beside = {v.name: v for v in map(judge.judge, pods)}[alone.name]
    if names_no_version(snapshot):
        # What istio-cni wrote on the other tells of its version, too.
        assert beside.expected == alone.expected or "unknown" in (beside.expected, alone.expected)
        return
    # How many redirected pods an istio-cni left behind is told, of all of them.
    assert uncounted(beside) == uncounted(alone)


STATE_OF = {
    ("in", "enabled"): {"Enrolled"},
    ("in", "pending"): {"Pending"},
    ("in", "absent"): {"Starting", "NotEnrolled"},
    ("out", "enabled"): {"Stale"},
    ("out", "pending"): {"Stale"},
    ("out", "absent"): {"NotAmbient"},
}


@brief
@given(a_snapshot(), st.one_of(st.just(set()), some_parts))
def test_state_mode_and_reason_follow_the_contract(snapshot: Snapshot, hidden: set[str]) -> None:
    verdict = verdict_of(without(snapshot, hidden) if hidden else snapshot)
    assert verdict.state in STATE_OF.get((verdict.expected, verdict.observed), {"Unknown"})
    # A gateway of Istio is one, redirected or not.
    assert verdict.mode == "gateway" or (verdict.mode == "ambient") == (verdict.observed != "absent")
    assert verdict.message.endswith(".")
    assert "\n" not in verdict.message


def test_pending_is_observed_from_1_25_on() -> None:
    for tag in TAGS:
        seen = verdict_of(snapshot_of(tag, pod(annotations=redirected("pending")), AMBIENT)).observed
        assert seen == ("pending" if int(tag.split(".")[1]) >= 25 else "absent"), tag


def test_the_agent_of_the_pods_own_node_decides() -> None:
    """Half-way through an upgrade: 1.26.8 still runs on n1, the DaemonSet and all other nodes have 1.30.3."""
    for node, expected in (("n1", "in"), ("n2", "out"), ("", "out")):
        snapshot = snapshot_of("1.30.3", pod(namespace="kube-system", node=node), AMBIENT)
        snapshot = altered(snapshot, cni_pods=[agent("istio-cni-node", "1.26.8", "n1")])
        assert verdict_of(snapshot).expected == expected, node


# Versions that are not known


def of_every_version(snapshot: Snapshot, tags: Iterable[str] = TAGS) -> set[str]:
    """What each release says of the same objects."""
    found: set[str] = set()
    for tag in tags:
        container = AgentContainer(image=f"docker.io/istio/install-cni:{tag}")
        daemonsets = [DaemonSet(namespace="istio-system", name="istio-cni-node", container=container)]
        snapshot = altered(snapshot, cni_daemonsets=daemonsets, cni_pods=[agent("istio-cni-node", tag)])
        found.add(verdict_of(snapshot).expected)
    return found


def possible(subject: Pod, data: dict[str, str]) -> list[str]:
    """The releases that may have been at work: who renders that ConfigMap, and writes that on the pod."""

    def may_be(minor: int) -> bool:
        written = subject.annotations.redirection
        if "AMBIENT_ENABLEMENT_SELECTOR" in data and minor < 27:
            return False
        if written == "pending" and minor < 25:
            return False
        return not (written in ("enabled", "pending") and "AMBIENT_ENABLEMENT_SELECTOR" not in data and minor >= 27)

    return [tag for tag in TAGS if may_be(int(tag.split(".")[1]))]


@brief
@given(
    subject=a_pod(),
    labels=namespace_labels,
    selectors=some_selectors(),
    data=st.sampled_from(({}, config_data("1.22.8"), {"EXCLUDE_NAMESPACES": "kube-system"})),
)
def test_an_unknown_version_is_judged_by_all_of_them(
    subject: Pod, labels: dict[str, str], selectors: str | None, data: dict[str, str]
) -> None:
    settings = {"AMBIENT_ENABLED": "true", **data}
    if selectors is not None:
        settings["AMBIENT_ENABLEMENT_SELECTOR"] = selectors
    snapshot = snapshot_of("latest", structs.replace(subject, node="n1"), labels, settings)
    judged = verdict_of(snapshot).expected
    by_version = of_every_version(snapshot, possible(subject, settings))
    assert judged == (by_version.pop() if len(by_version) == 1 else "unknown")


# Evidence that could not be read


@thorough
@given(a_documented_snapshot(), some_parts)
def test_what_is_hidden_never_makes_a_verdict_wrong(snapshot: Snapshot, hidden: set[str]) -> None:
    """With the documented settings behind what is hidden, a verdict of in or out is the true one."""
    told, true = verdict_of(without(snapshot, hidden)), verdict_of(snapshot)
    assert told.expected in (true.expected, "unknown"), (told.message, true.message)
    assert told.after_restart in (true.after_restart, "unknown"), (told.message, [f.message for f in told.findings])


def test_any_two_things_may_be_hidden_of_a_documented_installation() -> None:
    """The same, of every behaviour, of a namespace that is excluded and of one that is not, without chance."""
    for tag, namespace, labels in itertools.product(TELLING, NAMESPACES, ({}, AMBIENT)):
        snapshot = snapshot_of(tag, pod(namespace=namespace), labels)
        true = verdict_of(snapshot).expected
        for hidden in itertools.combinations_with_replacement(PARTS, 2):
            assert verdict_of(without(snapshot, set(hidden))).expected in (true, "unknown"), (tag, namespace, hidden)


def test_a_pods_own_ambient_label_needs_no_namespace() -> None:
    for tag in TAGS:
        assert verdict_of(without(snapshot_of(tag, pod(AMBIENT), {}), {"namespace"})).expected == "in", tag


OTHERWISE = {
    "nodes": {"nodes": {"n1": Node(name="n1", labels={"kubernetes.io/os": "windows"})}},
    "cni_config": {"data": config_data("1.30.3", "- podSelector: {matchLabels: {mesh: yes}}")},
    "cni_config cni_pods cni_daemonsets": {"cni_config": [], "cni_pods": [], "cni_daemonsets": []},
}


@pytest.mark.parametrize("parts", OTHERWISE)
def test_what_is_taken_for_granted_is_named(parts: str) -> None:
    snapshot = snapshot_of("1.30.3", pod(), AMBIENT, **OTHERWISE[parts])  # type: ignore[arg-type]
    judge = Judge(without(snapshot, set(parts.split())))
    assert (judge.judge(next(iter(snapshot.pods))).expected, verdict_of(snapshot).expected) == ("in", "out")
    assert all(f"list {part}" in " ".join(judge.assumptions) for part in parts.split() if part != "cni_pods")


def test_an_unreadable_daemonset_without_pods_may_still_be_there() -> None:
    snapshot = altered(snapshot_of("1.30.3", pod(), AMBIENT), cni_pods=[])
    assert verdict_of(snapshot).expected == "in"
    assert verdict_of(without(snapshot, {"cni_daemonsets"})).expected != "out"


@thorough
@given(a_snapshot(), st.sampled_from(PARTS))
def test_a_verdict_that_hidden_evidence_could_turn_names_what_was_not_read(snapshot: Snapshot, hidden: str) -> None:
    """With any settings behind it, a verdict that turns out wrong had named what it could not look at."""
    told, true = Judge(without(snapshot, {hidden})), verdict_of(snapshot)
    verdict = told.judge(next(iter(snapshot.pods)))
    if verdict.expected in ("in", "out") and true.expected not in (verdict.expected, "unknown"):
        assert f"list {hidden}" in " ".join(told.assumptions), (verdict.message, true.message)


def test_a_verdict_by_the_daemonsets_version_says_so() -> None:
    snapshot = snapshot_of("1.30.3", pod(namespace="kube-system"), AMBIENT)
    snapshot = altered(snapshot, cni_pods=[agent("istio-cni-node", "1.26.8")])
    told, true = Judge(without(snapshot, {"cni_pods"})), verdict_of(snapshot)
    verdict = told.judge(next(iter(snapshot.pods)))
    assert verdict.expected in (true.expected, "unknown") or "list cni_pods" in " ".join(told.assumptions)


def test_a_verdict_by_the_config_map_alone_says_so() -> None:
    env = (EnvVar(name="EXCLUDE_NAMESPACES", value="app"),)
    snapshot = snapshot_of("1.30.3", pod(node="n2"), AMBIENT, env=env)
    told, true = Judge(without(snapshot, {"cni_daemonsets"})), verdict_of(snapshot)
    verdict = told.judge(next(iter(snapshot.pods)))
    assert verdict.expected in (true.expected, "unknown") or "list cni_daemonsets" in " ".join(told.assumptions)


@brief
@given(a_snapshot())
def test_the_pods_own_word_is_enough_where_it_decides(snapshot: Snapshot) -> None:
    """A pod that is out whatever its namespace says is out without the Namespace; so is one in by its own label."""
    true = {verdict_of(relabelled(snapshot, **{DATAPLANE_MODE: mode})).expected for mode in MODES}
    told = verdict_of(without(snapshot, {"namespace"})).expected
    rules = Judge(snapshot).installation.on(next(iter(snapshot.pods)).node).worlds
    assume(not any(rule.custom for rule in rules))
    assert told == (true.pop() if len(true) == 1 else "unknown")


# Selectors


UNIVERSE = [
    {k: v for k, v in zip((DATAPLANE_MODE, "team", "env"), values, strict=True) if v is not None}
    for values in itertools.product((None, "a", "b", "ambient", "none", ""), repeat=3)
]


def satisfied(requirement: Requirement) -> list[bool]:
    """For each set of labels of the universe, by the words of the API reference, the long way round."""
    found = []
    for labels in UNIVERSE:
        has = [value for key, value in labels.items() if key == requirement.key]
        if requirement.operator == "Exists":
            found.append(len(has) == 1)
        elif requirement.operator == "DoesNotExist":
            found.append(len(has) == 0)
        else:
            among = any(value == wanted for value in has for wanted in requirement.values)
            found.append(among if requirement.operator == "In" else not among)
    return found


@brief
@given(a_selector)
def test_selectors_match_what_a_brute_force_model_matches(selector: LabelSelector) -> None:
    parts = [Requirement(key=k, operator="In", values=(v,)) for k, v in selector.match_labels.items()]
    columns = [satisfied(r) for r in (*parts, *selector.match_expressions)]
    model = [all(row) for row in zip(*columns, strict=True)] if columns else [True] * len(UNIVERSE)
    assert [matches(selector, labels) for labels in UNIVERSE] == model


@brief
@given(st.lists(st.tuples(a_selector, a_selector), max_size=3), st.sampled_from(("yaml", "flow", "json")))
def test_selectors_are_read_as_they_were_written(entries: list[tuple[LabelSelector, LabelSelector]], form: str) -> None:
    document = [{"podSelector": written(p), "namespaceSelector": written(n)} for p, n in entries]
    text = json.dumps(document) if form == "json" else yaml.safe_dump(document, default_flow_style=form == "flow")
    read = parse(text)
    assert not isinstance(read, Invalid)
    assert [(e.pod, e.namespace) for e in read] == entries


@brief
@given(a_selector)
def test_a_selector_as_text_names_all_that_it_asks_for(selector: LabelSelector) -> None:
    text = as_text(selector)
    for key, value in selector.match_labels.items():
        assert f"{key}={value}" in text
    for requirement in selector.match_expressions:
        assert requirement.key in text
        assert all(value in text for value in requirement.values)


@brief
@given(st.text(alphabet="aZ0-_./ é\n", max_size=70))
def test_label_syntax_by_its_definition(text: str) -> None:
    """Up to 63 of [A-Za-z0-9._-], a letter or digit at both ends; a value may be empty."""
    plain = all(c in "aZ0-_." for c in text) and text[:1] not in "-_." and text[-1:] not in "-_."
    fits = len(text) <= 63
    value, key = LabelSelector(match_labels={"a": text}), LabelSelector(match_labels={text: "a"})
    assert (why_invalid(value) is None) == (text == "" or (plain and fits))
    if "/" not in text:
        assert (why_invalid(key) is None) == (text != "" and plain and fits)


# YAML as Go reads it

CASES = [json.loads(line) for line in (Path(__file__).parent.parent / "golden/selectors.jsonl").open(encoding="utf-8")]


def as_read(text: str) -> Any:
    read = parse(text)
    if isinstance(read, Invalid):
        return "refused"
    return [{"podSelector": written(e.pod), "namespaceSelector": written(e.namespace)} for e in read]


def test_selectors_are_read_as_istio_reads_them() -> None:
    """Texts that were given to Istio's own code (enablement_selector.go, sigs.k8s.io/yaml), with its answers."""
    wrong = [c["text"] for c in CASES if as_read(c["text"]) != c["istio"]]
    assert wrong == []


@brief
@given(st.text(max_size=40))
@example("- podSelector: {matchLabels: {a: 1}}")
@example("[[")
@example("\x00")
@example("- &a [*a]")
def test_any_text_is_read_or_refused(text: str) -> None:
    assert isinstance(parse(text), tuple | Invalid)


@brief
@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_floats_are_written_with_the_fewest_digits_that_name_them(value: float) -> None:
    text = go_float(value)
    assert struct.pack("f", float(text)) == struct.pack("f", value)
    digits = text.lstrip("-").partition("e")[0].replace(".", "").strip("0")
    shortest = next(n for n in range(9) if struct.pack("f", float(f"{value:.{n}e}")) == struct.pack("f", value))
    assert len(digits) <= shortest + 1
    scientific = value != 0 and not -4 <= math.floor(math.log10(abs(float(f"{value:.{shortest}e}")))) < 6
    assert ("e" in text) == scientific


# Versions


def test_releases_are_ordered_as_they_were_made() -> None:
    made = [
        tag
        for minor, newest in NEWEST_PATCH.items()
        for tag in (
            *(f"1.{minor}.0-{stage}" for stage in ("alpha.0", "beta.1", "rc.0", "rc.10")),
            *(f"1.{minor}.{patch}" for patch in range(newest + 1)),
        )
    ]
    parsed = [versions.parse(tag) for tag in made]
    assert None not in parsed
    assert sorted(parsed, key=lambda v: v or ()) == parsed
    assert len(set(parsed)) == len(made)


@brief
@given(
    st.sampled_from(TAGS),
    st.sampled_from(("", "-distroless", "-debug", "-rc.1", "-alpha.0", "-solo", "-eks.1", "-1")),
    st.sampled_from(("docker.io/istio/install-cni", "registry.example:5000/a/b", "localhost:15/cni", "install-cni")),
    st.sampled_from(("", "@sha256:" + "1.2.3" * 8)),
)
def test_the_tag_of_an_image_is_read(tag: str, suffix: str, name: str, digest: str) -> None:
    found = versions.of_image(f"{name}:{tag}{suffix}{digest}")
    assert found is not None
    assert (found.major, found.minor, found.patch) == tuple(map(int, tag.split(".")))
    assert versions.parse(str(found)) == found
    assert versions.of_image(f"{name}{digest}") is None


LATER = {(29, 7), (30, 4)}
CHANGES: dict[str, Callable[[int, int], bool]] = {
    # name: in which releases it holds, as the reference has it
    "checks_host_network": lambda m, p: (m == 22 and p >= 2) or 23 <= m <= 26 or (m, p) >= (31, 0) or (m, p) in LATER,
    "refuses_host_netns": lambda m, p: (m == 24 and p >= 4) or m >= 25,
    "has_selectors": lambda m, p: m >= 27,
    "has_bypass": lambda m, p: m >= 24,
    "has_pending": lambda m, p: m >= 25,
    "excludes_in_json": lambda m, p: m == 22,
    "honours_exclusion": lambda m, p: m >= 30,
    "trims_exclusions": lambda m, p: m >= 30,
    "strict_inject_values": lambda m, p: m >= 27,
}


@pytest.mark.parametrize("name", CHANGES)
def test_each_change_holds_in_the_releases_of_the_reference(name: str) -> None:
    for tag in TAGS:
        minor, patch = map(int, tag.split(".")[1:])
        version = versions.parse(tag)
        assert version is not None
        assert getattr(versions, name)(version) == CHANGES[name](minor, patch), tag


def test_the_config_map_beside_an_agent_of_another_namespace_is_found() -> None:
    """istio-cni may live anywhere; a ConfigMap of the same name elsewhere is not its own."""
    container = AgentContainer(image="docker.io/istio/install-cni:1.30.3")
    snapshot = cluster(
        "1.30.3",
        [pod()],
        AMBIENT,
        cni_daemonsets=[DaemonSet(namespace="istio-cni", name="istio-cni-node", container=container)],
        cni_pods=[],
        cni_config=[
            ConfigMap(namespace="istio-system", name="istio-cni-config", data={"AMBIENT_ENABLED": "false"}),
            ConfigMap(namespace="istio-cni", name="istio-cni-config", data=config_data("1.30.3")),
        ],
    )
    assert verdict_of(snapshot).reason == "NamespaceLabel"
