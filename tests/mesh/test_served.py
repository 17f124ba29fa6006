"""Captured is not served: each fact that keeps a redirected pod from being served, and what is nearly one."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from kubectl_ambient.cluster.facts import AgentContainer, EnvVar, LabelSelector, Namespace, Node, Pod, Unread
from kubectl_ambient.cluster.installation_facts import ConfigMap, Istiod, Webhook
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.evidence import Finding
from kubectl_ambient.mesh.fixes import fixes
from kubectl_ambient.mesh.judge import Judge
from kubectl_ambient.mesh.subjects import namespace_subject
from kubectl_ambient.mesh.summary import FAIL_ON, count, fails
from tests.lines import line
from tests.mesh.builders import AMBIENT, agent, cluster, pod, redirected
from tests.snapshots import altered

TRUST = "CA_TRUSTED_NODE_ACCOUNTS"
REVISION = EnvVar(name="REVISION", value="default")
IN = pod(annotations=redirected("enabled"))
SELECTED = "discoverySelectors:\n- matchLabels:\n    mesh: enabled\n"


def istiod(name: str = "istiod", *, version: str = "1.30.3", revision: str = "default", **env: str | None) -> Istiod:
    """One that is Ready, serves ambient and trusts istio-system/ztunnel, but for `env` (None: not set)."""
    told: dict[str, str | None] = {"PILOT_ENABLE_AMBIENT": "true", TRUST: "istio-system/ztunnel", **env}
    variables = tuple(EnvVar(name=key, value=value) for key, value in told.items() if value is not None)
    container = AgentContainer(image=f"istio/pilot:{version}", env=(REVISION, *variables))
    return Istiod(namespace="istio-system", name=name, revision=revision, container=container, ready=1)


def ztunnel(version: str = "1.30.3", node: str = "n1", account: str = "ztunnel", **env: str) -> Pod:
    variables = tuple(EnvVar(name=key, value=value) for key, value in env.items())
    return structs.replace(agent("ztunnel", version, node, env=variables), service_account=account)


def mesh(*istiods: Istiod, **parts: Any) -> Snapshot:
    settings: dict[str, Any] = {
        "pods": [IN],
        "istiods": list(istiods),
        "ztunnel_pods": [ztunnel()],
        "mesh_configs": [],
    }
    return cluster(namespace_labels=AMBIENT, **{**settings, **parts})


def config(text: str, revision: str = "") -> ConfigMap:
    name = f"istio-{revision}" if revision else "istio"
    return ConfigMap(namespace="istio-system", name=name, data={"mesh": text})


def told(snapshot: Snapshot) -> list[Finding]:
    """What a listing says above its pods, and of them."""
    judge = Judge(snapshot)
    verdicts = [judge.judge(found) for found in snapshot.pods]
    return [*judge.mesh_findings(verdicts), *(finding for verdict in verdicts for finding in verdict.findings)]


def codes(snapshot: Snapshot) -> list[str]:
    return [finding.code for finding in told(snapshot)]


def assumed(snapshot: Snapshot) -> list[str]:
    judge = Judge(snapshot)
    for found in snapshot.pods:
        judge.judge(found)
    return judge.assumptions


def test_a_healthy_mesh_is_silent() -> None:
    assert codes(mesh(istiod())) == []
    assert assumed(mesh(istiod())) == []


# istiod does not trust ztunnel.


def test_ztunnel_runs_as_an_account_that_istiod_does_not_trust() -> None:
    (finding,) = told(mesh(istiod(**{TRUST: "kube-system/ztunnel"})))
    assert (finding.code, finding.severity) == ("ZtunnelNotTrusted", "error")
    assert "ztunnel runs as istio-system/ztunnel" in finding.message
    assert "CA_TRUSTED_NODE_ACCOUNTS of istiod names kube-system/ztunnel" in finding.message
    assert "trustedZtunnelNamespace=istio-system" in finding.message
    assert [(e.object, e.field, e.value) for e in finding.evidence] == [
        ("Pod/istio-system/ztunnel-n1", "spec.serviceAccountName", "ztunnel"),
        ("Deployment/istio-system/istiod", f"spec.template.spec.containers[0].env[{TRUST}]", "kube-system/ztunnel"),
    ]
    assert line(finding.fix) == (
        f"kubectl set env deployment/istiod -n istio-system {TRUST}=kube-system/ztunnel,istio-system/ztunnel"
    )


def test_an_account_of_another_name() -> None:
    (finding,) = told(mesh(istiod(), ztunnel_pods=[ztunnel(account="zt")]))
    assert f"env.{TRUST}=istio-system/zt" in finding.message


def test_nobody_is_trusted_where_nothing_is_set() -> None:
    (finding,) = told(mesh(istiod(**{TRUST: None})))
    assert "CA_TRUSTED_NODE_ACCOUNTS of istiod is not set; no pod" in finding.message


def test_a_manifest_without_what_the_chart_always_sets_is_taken_for_shortened() -> None:
    for version in ("1.30.3", "1.22.3"):
        shown = mesh(istiod(version=version, **{TRUST: None}), ztunnel_pods=[ztunnel(version)], from_files=True)
        assert "ZtunnelNotTrusted" not in codes(shown)
        assert any("does not set CA_TRUSTED_NODE_ACCOUNTS" in text for text in assumed(shown))


@pytest.mark.parametrize(
    "near",
    [
        mesh(istiod(**{TRUST: "kube-system/ztunnel,istio-system/ztunnel"})),
        mesh(istiod(**{TRUST: "x/y"}), ztunnel_pods=[ztunnel(account="")]),  # a pod that names no account
        mesh(
            istiod(**{TRUST: "x/y"}), ztunnel_pods=[ztunnel(CA_ADDRESS="cert-manager-istio-csr.cert-manager.svc:443")]
        ),
        mesh(istiod(**{TRUST: "x/y"}), pods=[pod()], namespaces={"app": Namespace(name="app")}),  # nobody asks for it
    ],
    ids=["both", "no account", "another CA", "no pod"],
)
def test_what_is_nearly_no_trust(near: Snapshot) -> None:
    assert codes(near) == []


def test_accounts_from_elsewhere_are_an_assumption() -> None:
    found = istiod(**{TRUST: None})
    assert found.container is not None
    elsewhere = EnvVar(name=TRUST, config_map_key="accounts")
    container = structs.replace(found.container, env=(*found.container.env, elsewhere))
    snapshot = mesh(structs.replace(found, container=container))
    assert codes(snapshot) == []
    assert assumed(snapshot) == [
        "istiod is taken to trust ztunnel: Deployment/istio-system/istiod takes CA_TRUSTED_NODE_ACCOUNTS from elsewhere"
    ]


# Which istiod is asked.

CANARY = "istiod-canary.istio-system.svc:15012"


@pytest.mark.parametrize(
    ("env", "found"),
    [
        ({}, []),  # one of the two does trust it
        ({"CA_ADDRESS": "istiod.istio-system.svc:15012"}, ["ZtunnelNotTrusted"]),
        ({"CA_ADDRESS": "https://istiod.istio-system.svc.cluster.local:15012"}, ["ZtunnelNotTrusted"]),
        ({"CA_ADDRESS": CANARY}, []),
        ({"CA_ADDRESS": "istiod-revision-tag-prod.istio-system.svc:15012"}, ["ZtunnelNotTrusted"]),
        ({"CA_ADDRESS": "istiod.example.com:15012"}, []),
    ],
)
def test_the_istiod_that_ztunnel_asks(env: dict[str, str], found: list[str]) -> None:
    deaf, canary = istiod(**{TRUST: "a/b"}), istiod("istiod-canary", revision="canary")
    nobody = LabelSelector(match_labels={"no": "pod"})
    tag = Webhook(configuration="t", name="x.istio.io", revision="default", tag="prod", object_selector=nobody)
    assert codes(mesh(deaf, canary, ztunnel_pods=[ztunnel(**env)], webhooks=[tag])) == found


def test_one_node_alone_is_named() -> None:
    both = [ztunnel(), ztunnel(node="n2", account="other")]
    here, there = IN, structs.replace(IN, name="web-2", node="n2")
    cni = [agent("istio-cni-node", "1.30.3", node) for node in ("n1", "n2")]
    (finding,) = told(mesh(istiod(), pods=[here, there], ztunnel_pods=both, cni_pods=cni))
    assert finding.message.startswith("on n2: istiod does not trust ztunnel")
    assert codes(mesh(istiod(), pods=[here], ztunnel_pods=both)) == []
    assert Judge(mesh(istiod(), pods=[here], ztunnel_pods=both)).explain(here).verdict.findings == ()


# The namespace is not discovered.


def looking(home: dict[str, str], ztunnels: dict[str, str] | None, *configs: ConfigMap, **parts: Any) -> Snapshot:
    """istiod looks at namespaces with mesh=enabled; the labels of the pod's namespace and of ztunnel's."""
    namespaces = {"app": Namespace(name="app", labels={**AMBIENT, **home})}
    if ztunnels is not None:
        namespaces["istio-system"] = Namespace(name="istio-system", labels=ztunnels)
    settings = {"namespaces": namespaces, "mesh_configs": list(configs) or [config(SELECTED)], **parts}
    return mesh(*settings.pop("istiods", [istiod()]), **settings)


SEEN = {"mesh": "enabled"}


def test_a_namespace_that_istiod_does_not_look_at() -> None:
    (finding,) = told(looking({}, SEEN))
    assert (finding.code, finding.severity) == ("NamespaceNotDiscovered", "error")
    assert "istiod does not look at namespace app" in finding.message
    assert [(e.object, e.field, e.value) for e in finding.evidence] == [
        ("ConfigMap/istio-system/istio", "data[mesh].discoverySelectors", "mesh=enabled"),
        ("Namespace/app", "metadata.labels[mesh]", None),
    ]
    assert line(finding.fix) == "kubectl label namespace app mesh=enabled"
    assert line(told(looking({"mesh": "off"}, SEEN))[0].fix) == "kubectl label namespace app mesh=enabled --overwrite"


def test_a_selector_that_is_no_label_to_set_is_edited() -> None:
    for text in ("[{matchLabels: {istio-injection: enabled}}]", "[{matchExpressions: [{key: a, operator: Exists}]}]"):
        found = told(looking({}, {"a": "b", "istio-injection": "enabled"}, config(f"discoverySelectors: {text}")))
        assert line(found[0].fix) == "kubectl edit configmap istio -n istio-system"


def test_ztunnels_own_namespace_is_not_looked_at() -> None:
    (finding,) = told(looking(SEEN, {}))
    assert (finding.code, finding.severity) == ("ZtunnelNotDiscovered", "error")
    assert line(finding.fix) == "kubectl label namespace istio-system mesh=enabled"


@pytest.mark.parametrize(
    "near",
    [
        looking(SEEN, SEEN),
        looking({}, SEEN, config("discoverySelectors: []\n")),
        looking({}, SEEN, config("discoverySelectors: [{}]")),
        looking({}, SEEN, config("discoverySelectors: [{matchExpressions: [{key: no, operator: DoesNotExist}]}]")),
        looking({}, SEEN, config(SELECTED, "canary")),  # another revision's
        looking({}, SEEN, pods=[structs.replace(IN, labels={"istio.io/dataplane-mode": "none"})]),
    ],
    ids=["selected", "no selectors", "everything", "expression", "another revision", "not asked for"],
)
def test_what_is_nearly_not_discovered(near: Snapshot) -> None:
    assert codes(near) == []


def test_of_two_istiods_each_has_to_pass_it_over() -> None:
    both = [istiod(), istiod("istiod-canary", revision="canary")]
    everything = config("trustDomain: a.b", "canary")
    assert codes(looking({}, SEEN, config(SELECTED), everything, istiods=both)) == []
    same = config(SELECTED, "canary")
    assert codes(looking({}, SEEN, config(SELECTED), same, istiods=both)) == ["NamespaceNotDiscovered"]
    first = [ztunnel(XDS_ADDRESS="istiod.istio-system.svc:15012")]
    narrow = looking({}, SEEN, config(SELECTED), everything, istiods=both, ztunnel_pods=first)
    assert codes(narrow) == ["NamespaceNotDiscovered"]


def test_what_could_not_be_read_is_said() -> None:
    unread = Unread(what="get configmap istio", why="forbidden")
    snapshot = altered(mesh(istiod()), mesh_configs=unread)
    assert codes(snapshot) == []
    assert assumed(snapshot) == [f"istiod is taken to look at every namespace: {unread}"]
    assert assumed(looking(SEEN, None)) == [
        "istiod is taken to look at namespace istio-system, where ztunnel runs: not read"
    ]


def test_a_namespace_without_pods_is_told_what_awaits_them() -> None:
    snapshot = looking({}, SEEN, pods=[])
    judge = Judge(snapshot)
    assert [f.code for f in judge.mesh_findings([], ["app"])] == ["NamespaceNotDiscovered"]
    assert judge.mesh_findings([], ["istio-system"]) == []
    assert [f.code for f in namespace_subject(judge, "app", []).findings] == ["NamespaceNotDiscovered"]


# istiod itself.


def ready(count: int | None, found: Istiod | None = None) -> Istiod:
    return structs.replace(found or istiod(), ready=count)


def test_no_istiod_is_ready() -> None:
    (finding,) = told(mesh(ready(0)))
    assert (finding.code, finding.severity) == ("IstiodNotReady", "error")
    assert "until their certificates end (24 hours by default)" in finding.message
    assert "as they were last written" in finding.message
    assert [(e.object, e.field, e.value) for e in finding.evidence] == [
        ("Deployment/istio-system/istiod", "status.readyReplicas", "0")
    ]
    assert line(finding.fix) == "kubectl describe pods -n istio-system -l app=istiod"


@pytest.mark.parametrize(
    "near",
    [
        mesh(ready(1)),
        mesh(ready(None)),  # nothing counted them
        mesh(ready(0), ready(1, istiod("istiod-canary", revision="canary"))),
    ],
    ids=["ready", "a manifest", "another is"],
)
def test_what_is_nearly_not_ready(near: Snapshot) -> None:
    assert codes(near) == []


def test_one_without_ambient_does_not_stand_in() -> None:
    off = istiod("istiod-old", revision="old", PILOT_ENABLE_AMBIENT=None)
    assert codes(mesh(ready(0), off)) == ["IstiodNotReady"]


def test_no_istiod_at_all() -> None:
    (finding,) = told(mesh())
    assert (finding.code, finding.severity) == ("IstiodMissing", "warning")
    assert "unless one elsewhere serves it" in finding.message
    outside = [ztunnel(XDS_ADDRESS="istiod.example.com:15012", CA_ADDRESS="istiod.example.com:15012")]
    assert codes(mesh(ztunnel_pods=outside)) == []
    assert codes(altered(mesh(), istiods=Unread(what="list deployments of istiod", why="not in the files"))) == []


def test_istiods_that_may_not_be_listed_are_an_assumption() -> None:
    unread = Unread(what="list deployments of istiod", why="forbidden")
    snapshot = altered(mesh(), istiods=unread)
    assert codes(snapshot) == []
    assert f"an istiod is taken to serve ambient mode, to be Ready and to trust ztunnel: {unread}" in assumed(snapshot)


def test_no_istiod_has_ambient_on() -> None:
    (finding,) = told(mesh(istiod(PILOT_ENABLE_AMBIENT=None)))
    assert (finding.code, finding.severity) == ("IstiodWithoutAmbient", "error")
    assert finding.message.startswith("no istiod has ambient on (PILOT_ENABLE_AMBIENT)")
    assert line(finding.fix) == "kubectl set env deployment/istiod -n istio-system PILOT_ENABLE_AMBIENT=true"
    (old,) = told(mesh(istiod(PILOT_ENABLE_AMBIENT=None, version="1.20.7"), ztunnel_pods=[ztunnel("1.22.3")]))[:1]
    assert old.fix is None  # it could not serve it


def test_ztunnel_asks_one_that_has_ambient_off() -> None:
    off, canary = istiod(PILOT_ENABLE_AMBIENT="false"), istiod("istiod-canary", revision="canary")
    assert codes(mesh(off, canary)) == []  # it may ask the other
    at = [ztunnel(XDS_ADDRESS="istiod.istio-system.svc:15012")]
    (finding,) = told(mesh(off, canary, ztunnel_pods=at))
    assert finding.message.startswith("ztunnel is told by Deployment/istio-system/istiod, which has ambient off")
    assert codes(mesh(off, canary, ztunnel_pods=[ztunnel(XDS_ADDRESS=CANARY)])) == []


def test_ztunnels_that_may_not_be_listed_are_an_assumption() -> None:
    unread = Unread(what="list pods of ztunnel", why="forbidden")
    blind = altered(mesh(istiod(**{TRUST: "a/b"})), ztunnel_pods=unread)
    assert codes(blind) == []
    assert f"istiod is taken to trust ztunnel, and to look at its namespace: {unread}" in assumed(blind)
    assert codes(altered(mesh(ready(0)), ztunnel_pods=unread)) == ["IstiodNotReady"], "whoever asks it"


# Versions.


@pytest.mark.parametrize(
    ("of_istiod", "of_agent", "found"),
    [
        ("1.30.3", "1.30.0", False),
        ("1.30.3", "1.29.6", False),
        ("1.30.3", "1.28.9", True),
        ("1.30.3", "1.31.0", True),
        ("1.30", "1.29", False),
        ("latest", "1.31.0", False),
        ("1.0.0", "1.31.0", False),  # a chart from a checkout
        ("1.30.3", "1.0.0", False),
    ],
)
def test_versions_that_istio_supports_together(of_istiod: str, of_agent: str, found: bool) -> None:
    snapshot = mesh(istiod(version=of_istiod), ztunnel_pods=[ztunnel(of_agent)], cni_pods=[], cni_daemonsets=[])
    judge = Judge(altered(snapshot, cni_daemonsets=Unread(what="list daemonsets", why="forbidden")))
    codes_of_it = [finding.code for finding in judge.mesh_findings([judge.judge(IN)])]
    assert codes_of_it == (["VersionsUnsupported"] if found else [])


def test_what_is_told_of_the_versions() -> None:
    cni = [agent("istio-cni-node", "1.31.0")]
    findings = told(mesh(istiod(), ztunnel_pods=[ztunnel("1.28.1")], cni_pods=cni))
    assert [f.message.partition(":")[0] for f in findings] == [
        "istio-cni 1.31.0 is newer than istiod 1.30.3",
        "ztunnel 1.28.1 is more than one minor version older than istiod 1.30.3",
    ]
    assert {f.severity for f in findings} == {"warning"}


# Where it is told.


def test_explain_tells_it_of_the_pod_and_what_to_do() -> None:
    snapshot = mesh(istiod(**{TRUST: "a/b"}))
    judge = Judge(snapshot)
    judgement = judge.explain(IN)
    assert [finding.code for finding in judgement.verdict.findings] == ["ZtunnelNotTrusted"]
    assert [line(fix.command) for fix in fixes(judgement, snapshot)][:1] == [
        f"kubectl set env deployment/istiod -n istio-system {TRUST}=a/b,istio-system/ztunnel"
    ]
    assert judge.judge(IN).findings == ()  # of a listing it is told once
    assert fails([judgement.verdict], ["any"])
    assert namespace_subject(judge, "app", [judgement]).unserved == 1


def test_a_listing_fails_on_it() -> None:
    judge = Judge(mesh(istiod(**{TRUST: "a/b"})))
    verdicts = [judge.judge(IN)]
    assert fails(verdicts, ["any"])
    assert not fails(verdicts, ["error"])
    assert fails(verdicts, ["error"], judge.mesh_findings(verdicts))
    assert fails(verdicts, ["drift"], judge.mesh_findings(verdicts))
    assert not fails(verdicts, ["pending", "conflict", "unknown"], judge.mesh_findings(verdicts))


def test_a_healthy_mesh_serves() -> None:
    judge = Judge(mesh(istiod()))
    verdicts = [judge.judge(IN)]
    assert not verdicts[0].unserved
    assert not fails(verdicts, FAIL_ON, judge.mesh_findings(verdicts))


def on_node(node: str) -> Pod:
    return structs.replace(IN, name=f"web-{node}", node=node)


def test_pods_are_not_served_where_their_ztunnel_is_not_ready() -> None:
    """Each of two nodes by its own ztunnel, though pods on healthy nodes are judged once."""
    sick = structs.replace(ztunnel(node="n2"), ready=False)
    judge = Judge(mesh(istiod(), pods=[on_node("n1"), on_node("n2")], ztunnel_pods=[ztunnel(), sick]))
    verdicts = [judge.judge_kind(found) for found in judge.snapshot.pods]
    assert [verdict.unserved for verdict in verdicts] == [False, True]
    assert "AgentNotReady" in [finding.code for finding in verdicts[1].findings]
    assert judge.mesh_findings(verdicts) == []
    assert fails(verdicts, ["drift"])
    assert fails(verdicts, ["error"])
    assert not fails(verdicts[:1], FAIL_ON)


def test_an_istiod_that_does_not_trust_one_ztunnel_leaves_the_other_nodes_served() -> None:
    other = ztunnel(node="n2", account="another")
    judge = Judge(mesh(istiod(), pods=[on_node("n1"), on_node("n2")], ztunnel_pods=[ztunnel(), other]))
    assert [judge.judge_kind(found).unserved for found in judge.snapshot.pods] == [False, True]


def test_an_istio_cni_that_is_down_serves_those_that_are_in() -> None:
    sick = structs.replace(agent("istio-cni-node", "1.30.3"), ready=False)
    judge = Judge(mesh(istiod(), cni_pods=[sick]))
    assert not judge.judge(IN).unserved


def test_a_ztunnel_that_runs_nowhere_is_told_once() -> None:
    pods = [on_node("n1"), on_node("n2"), on_node("n3")]
    nodes = {node: Node(name=node) for node in ("n1", "n2", "n3")}
    cni = [agent("istio-cni-node", "1.30.3", node) for node in nodes]
    judge = Judge(mesh(istiod(), pods=pods, ztunnel_pods=[], cni_pods=cni, nodes=nodes))
    verdicts = [judge.judge(found) for found in pods]
    assert [(verdict.unserved, verdict.findings) for verdict in verdicts] == [(True, ())] * 3
    found = judge.mesh_findings(verdicts)
    assert [(finding.code, finding.severity) for finding in found] == [("AgentMissing", "error")]
    assert found[0].message.startswith("no ztunnel pod runs in this cluster: ")
    assert [finding.code for finding in judge.explain(pods[0]).verdict.findings] == ["AgentMissing"]
    assert count(verdicts)["unserved"] == 3
    assert fails(verdicts, ["drift"])


def test_whether_a_ztunnel_runs_that_may_not_be_listed_is_not_known() -> None:
    judge = Judge(mesh(istiod(), ztunnel_pods=Unread(what="list pods", why="forbidden")))
    assert not judge.judge(IN).unserved
    assert judge.mesh_findings([judge.judge(IN)]) == []
