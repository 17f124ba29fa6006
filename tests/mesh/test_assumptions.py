"""What is taken for granted about istio-cni, and where its settings were found."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec import structs

from kubectl_ambient.cluster.facts import EnvVar, Event, Pod, Unread
from kubectl_ambient.cluster.installation_facts import ConfigMap
from kubectl_ambient.mesh.judge import Judge
from tests.snapshots import altered
from tests.snapshots import found as found_of

from .builders import AMBIENT, agent, cluster, config_data, judge, pod

UNREAD = Unread(what="list daemonsets", why="forbidden")
OLD, NEW = (datetime(2026, 3, day, tzinfo=UTC) for day in (1, 2))


@pytest.mark.parametrize(
    ("version", "told"),
    [
        ("1.31.0", []),
        ("1.32.0", ["istio-cni 1.32.0 is newer than 1.31, the newest whose rules are known: judged as 1.31"]),
    ],
)
def test_a_version_that_is_newer_than_the_rules(version: str, told: list[str]) -> None:
    data = config_data("1.31.0")
    assert Judge(cluster(version, [pod()], AMBIENT, data=data)).assumptions == told


def test_a_version_that_is_not_known() -> None:
    asked = "every version from 1.22 to 1.31 was asked"
    unnamed = structs.replace(agent("istio-cni-node", "latest"), node="n1")
    snapshot = cluster("latest", [pod()], AMBIENT, data={"AMBIENT_ENABLED": "true"}, cni_pods=[unnamed])
    (told,) = Judge(snapshot).assumptions
    assert told == (
        "the version of istio-cni is not known (neither its image tag nor CURRENT_AGENT_VERSION names one): " + asked
    )
    nothing = cluster(pods=[pod()], namespace_labels=AMBIENT, cni_daemonsets=UNREAD, cni_pods=UNREAD, cni_config=UNREAD)
    assert any(
        "every version from 1.30 to 1.31 was asked, as ztunnel is 1.30.3" in t for t in Judge(nothing).assumptions
    )
    nothing = altered(nothing, ztunnel_pods=UNREAD)
    assert any(f"({UNREAD}): {asked}" in told for told in Judge(nothing).assumptions)
    assert not any(asked in told for told in Judge(cluster(pods=[pod()])).assumptions)


def test_without_istio_cni_nobody_asks_whether_it_is_ready() -> None:
    def told(**fields: object) -> list[str]:
        snapshot = cluster(pods=[pod()], ztunnel_pods=UNREAD, **fields)  # type: ignore[arg-type]
        return [text for text in Judge(snapshot).assumptions if text.startswith("whether ztunnel is Ready")]

    assert told() == [f"whether ztunnel is Ready on the pods' nodes is not known: {UNREAD}"]
    assert told(cni_daemonsets=[], cni_pods=[], cni_config=[]) == []


@pytest.mark.parametrize(("count", "names"), [(3, "n1, n2, n3"), (4, "n1, n2, n3 and 1 more")])
def test_the_nodes_whose_agents_started_before_their_settings(count: int, names: str) -> None:
    agents = [
        structs.replace(agent("istio-cni-node", "1.30.3", f"n{number}"), started=OLD) for number in range(count, 0, -1)
    ]
    snapshot = cluster(pods=[pod()], namespace_labels=AMBIENT, cni_pods=agents)
    snapshot.cni_config = found_of([structs.replace(_config(), created=OLD, changed=NEW)])
    (told,) = Judge(snapshot).assumptions
    assert f"after it started on {names}:" in told


def _config(data: dict[str, str] | None = None) -> ConfigMap:
    data = config_data("1.30.3") if data is None else data
    return ConfigMap(namespace="istio-system", name="istio-cni-config", data=data)


@pytest.mark.parametrize(("reference", "key"), [("RENAMED", "RENAMED"), (None, "AMBIENT_ENABLED")])
def test_an_env_names_the_key_that_is_read(reference: str | None, key: str) -> None:
    env = (EnvVar(name="AMBIENT_ENABLED", config_map_key=reference),)
    other = "RENAMED" if key == "AMBIENT_ENABLED" else "AMBIENT_ENABLED"
    data = config_data("1.30.3") | {key: "true", other: "false"}
    snapshot = cluster(pods=[pod()], namespace_labels=AMBIENT, env=env, data=data)
    assert judge(snapshot).expected == "in"
    (rules,) = Judge(snapshot).installation.on("n1").worlds
    assert rules.enabled_told.evidence.field == f"data[{key}]"


def test_a_config_map_that_is_not_there_is_no_assumption() -> None:
    (rules,) = Judge(cluster(pods=[pod()], cni_config=[])).installation.on("n1").worlds
    evidence = rules.enabled_told.evidence
    assert (rules.enabled, evidence.object, evidence.value) == (False, "ConfigMap/istio-cni-config", None)
    (rules,) = Judge(cluster(pods=[pod()], cni_config=UNREAD)).installation.on("n1").worlds
    assert (rules.enabled, rules.enabled_told.evidence.value) == (True, f"({UNREAD}; assumed: true)")


@pytest.mark.parametrize(
    ("text", "value"),
    [('{"ambient_enabled": true}', "true"), ('{"ambient_enabled": "true"}', '"true"'), ("{}", None), ("oops", None)],
)
def test_1_22_has_the_switch_in_its_json(text: str, value: str | None) -> None:
    snapshot = cluster("1.22.8", [pod()], data={"cni_network_config": text})
    (rules,) = Judge(snapshot).installation.on("n1").worlds
    assert (rules.enabled, rules.enabled_told.evidence.value) == (value == "true", value)


def test_selectors_of_ones_own_may_know_another_value() -> None:
    typed = {"istio.io/dataplane-mode": "mesh"}
    codes = [f.code for f in judge(cluster(pods=[pod(typed)])).findings]
    assert codes == ["ModeValueUnknown"]
    own = "- podSelector: {matchLabels: {istio.io/dataplane-mode: mesh}}"
    data = config_data("1.30.3", own)
    assert judge(cluster(pods=[pod(typed)], data=data)).findings == ()


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (Event(namespace="app", name="web-1", reason="FailedCreatePodSandBox", message="no"), True),
        (Event(namespace="app", name="web-1", reason="FailedMount", message="no"), False),
        (Event(namespace="app", name="web-2", reason="FailedCreatePodSandBox", message="no"), False),
        (Event(namespace="other", name="web-1", reason="FailedCreatePodSandBox", message="no"), False),
    ],
)
def test_a_sandbox_event_is_about_this_pod(event: Event, told: bool) -> None:
    creating: Pod = pod(phase="Pending", has_ip=False, ready=False, creating=True)
    codes = [f.code for f in judge(cluster(pods=[creating], events=[event])).findings]
    assert ("SandboxFailed" in codes) is told


def test_the_versions_between_which_it_depends() -> None:
    """Selectors came with 1.27, and 1.30 honours the exclude list: in between it is in."""
    typed = {"istio.io/dataplane-mode": "mesh"}
    own = "- podSelector: {matchLabels: {istio.io/dataplane-mode: mesh}}"
    data = {"AMBIENT_ENABLED": "true", "EXCLUDE_NAMESPACES": "app", "AMBIENT_ENABLEMENT_SELECTOR": own}
    agents = [agent("istio-cni-node", "latest")]
    found = judge(cluster("latest", [pod(typed)], data=data, cni_pods=agents))
    assert (found.expected, found.reason) == ("unknown", "EvidenceMissing")
    assert ": in by the rules of 1.27.0 (SelectorMatched), out by those of 1.31.0 (NamespaceExcluded)." in found.message


def test_agents_that_are_well_have_not_put_it_in() -> None:
    found = judge(cluster(pods=[pod()], namespace_labels=AMBIENT))
    assert found.message.endswith(", and is not: the agents on n1 have not put it in.")
    sick = [agent("istio-cni-node", "1.30.3", ready=False)]
    assert "is not Ready" in judge(cluster(pods=[pod()], namespace_labels=AMBIENT, cni_pods=sick)).message


def test_a_node_that_was_not_read_is_shown_with_what_it_is_taken_for() -> None:
    snapshot = cluster(pods=[pod()], namespace_labels=AMBIENT, nodes=Unread(what="list nodes", why="forbidden"))
    (step,) = (s for s in Judge(snapshot).explain(next(iter(snapshot.pods))).decision.steps if s.rule == "Node")
    assert step.assumed
    first = step.evidence[0]
    assert (first.object, first.field, first.value) == (
        "Node/n1",
        "metadata.labels[kubernetes.io/os]",
        "(not read; assumed: linux)",
    )
