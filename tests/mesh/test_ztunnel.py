"""What follows where Kubernetes and ztunnel say this and that: a case for each row, and one that is nearly it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kubectl_ambient.cluster.facts import Pod, Unread
from kubectl_ambient.cluster.kinds.conditions import Condition
from kubectl_ambient.cluster.network_facts import PodOnNetwork
from kubectl_ambient.cluster.policy_facts import AuthorizationPolicy
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.cluster.ztunnel.counts import Counts
from kubectl_ambient.cluster.ztunnel.dump import Certificate, Dump, KnownWorkload, Proxied
from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.judge import Judge
from kubectl_ambient.mesh.verdict import Verdict
from kubectl_ambient.mesh.ztunnel.nodes import NodeProofs
from tests.mesh.builders import AMBIENT, NONE, agent, cluster, pod, redirected

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
OLD = NOW - timedelta(hours=1)
UP, PENDING = Proxied(state="Up", namespace="app", name="web-1", service_account="web"), Proxied(state="Pending")
HBONE, TCP = KnownWorkload(protocol="HBONE"), KnownWorkload(protocol="TCP")
OTHER = {"of-another-pod": Proxied(state="Up", namespace="app", name="other")}
IN: dict[str, Any] = {"annotations": redirected("enabled"), "created": OLD}


def dump(**parts: Any) -> Dump:
    """That of node n1, which has the pod and knows it."""
    settings: dict[str, Any] = {
        "node": "n1",
        "version": "1.30.3",
        "proxied": {"u1": UP, **OTHER},
        "workloads": {"app/web-1": HBONE},
        "dns_capture": True,
    }
    return Dump(**{**settings, **parts})


def world(one: Pod, said: Dump | Unread | None, others: dict[str, Dump] | None = None, **fields: Any) -> Snapshot:
    """A mesh with this pod, a second one that ztunnel has, and what ztunnels said."""
    other = pod(name="other", **IN)
    network = [
        PodOnNetwork(namespace="app", name="web-1", uid="u1", ips=("10.0.0.1",)),
        PodOnNetwork(namespace="app", name="other", uid="of-another-pod"),
    ]
    settings = {"namespace_labels": AMBIENT, "on_network": network, "now": NOW, **fields}
    snapshot = cluster(pods=[one, other], **settings)
    snapshot.ztunnels = {**({} if said is None else {"n1": said}), **(others or {})}
    return snapshot


def judged(one: Pod, said: Dump | Unread | None, others: dict[str, Dump] | None = None, **fields: Any) -> Verdict:
    return Judge(world(one, said, others, **fields)).judge(one)


def lasting(one: Pod, said: Dump) -> Verdict:
    """As `judged`, where ztunnel has the pod in all samples."""
    snapshot = world(one, said)
    snapshot.odd_pods = frozenset(("u1",))
    return Judge(snapshot).judge(one)


def codes(verdict: Verdict) -> set[Code]:
    return {finding.code for finding in verdict.proof.findings} if verdict.proof else set()


def served(verdict: Verdict) -> str | None:
    return verdict.proof.served if verdict.proof else None


def test_a_healthy_pod_is_listened_for_and_nothing_is_wrong() -> None:
    verdict = judged(pod(**IN), dump())
    assert (served(verdict), codes(verdict), verdict.unserved) == ("listening", set(), False)


def test_connections_prove_the_redirection_and_nothing_else_does() -> None:
    def of(**fields: Any) -> str | None:
        return served(judged(pod(**IN), dump(proxied={"u1": Proxied(state="Up", **fields), **OTHER})))

    assert of(sources=("10.0.0.1",)) == "yes"
    assert of(captured=True) == "yes"
    assert of(sources=("10.0.0.99",)) == "listening"  # of another network: not this pod's
    assert of() == "listening"


def test_row_a_ztunnel_lacks_the_pod() -> None:
    verdict = judged(pod(**IN), dump(proxied=OTHER))
    assert (served(verdict), codes(verdict), verdict.unserved) == ("no", {Code.ZTUNNEL_LACKS_POD}, True)
    assert verdict.proof
    (evidence,) = verdict.proof.evidence
    assert (evidence.field, evidence.value) == ("workloadState[u1]", None)


@pytest.mark.parametrize(
    ("why", "changed"),
    [
        ("younger than 30 s", {"created": NOW - timedelta(seconds=29)}),
        ("younger than 30 s", {"started": NOW - timedelta(seconds=3)}),
        ("being deleted", {"deleting": NOW}),
    ],
)
def test_what_moves_is_not_judged(why: str, changed: dict[str, Any]) -> None:
    verdict = judged(pod(**{**IN, **changed}), dump(proxied=OTHER))
    assert (served(verdict), codes(verdict), verdict.unserved) == ("unknown", set(), False)
    assert verdict.proof is not None
    assert verdict.proof.why is not None
    assert why in verdict.proof.why


def test_row_b_a_ztunnel_that_is_not_ready_may_not_have_heard_of_it() -> None:
    sick = [agent("ztunnel", "1.30.3", ready=False)]
    verdict = judged(pod(**IN), dump(proxied=OTHER), ztunnel_pods=sick)
    assert (served(verdict), codes(verdict)) == ("unknown", set())
    # What it has, it serves: another pod that waits keeps it from being Ready.
    assert served(judged(pod(**IN), dump(), ztunnel_pods=sick)) == "listening"


def test_row_b_a_ztunnel_without_any_pod_proves_it_for_the_node() -> None:
    one = pod(**IN)
    snapshot = world(one, dump(proxied={}))
    judge = Judge(snapshot)
    assert (served(judge.judge(one)), codes(judge.judge(one))) == ("unknown", set())
    (node,) = NodeProofs(snapshot, judge.installation).of(snapshot.pods)
    assert [finding.code for finding in node.findings] == [Code.ZTUNNEL_EMPTY]


def test_fact_11_a_dedicated_ztunnel_tells_nothing_of_pods() -> None:
    verdict = judged(pod(**IN), dump(proxied=None))
    assert served(verdict) == "unknown"
    assert verdict.proof
    assert "PROXY_MODE=dedicated" in str(verdict.proof.why)


def test_row_c_enabled_and_pending() -> None:
    verdict = judged(pod(**IN), dump(proxied={"u1": PENDING, **OTHER}))
    assert (served(verdict), codes(verdict), verdict.unserved) == ("blocked", {Code.ZTUNNEL_BLOCKED}, True)


@pytest.mark.parametrize("entry", [{}, {"u1": PENDING}])
def test_row_d_pending_and_not_accepted(entry: dict[str, Proxied]) -> None:
    verdict = judged(pod(annotations=redirected("pending"), created=OLD), dump(proxied={**OTHER, **entry}))
    assert (served(verdict), codes(verdict)) == ("blocked", {Code.ZTUNNEL_BLOCKED})


def test_row_d_is_over_when_it_is_accepted() -> None:
    verdict = judged(pod(annotations=redirected("pending"), created=OLD), dump())
    assert (served(verdict), codes(verdict)) == ("listening", set())


def test_row_e_not_written() -> None:
    verdict = lasting(pod(created=OLD), dump())
    assert (served(verdict), codes(verdict)) == ("listening", {Code.ZTUNNEL_UNWRITTEN})
    assert codes(judged(pod(created=OLD), dump())) == set(), "in one sample it may just be put in"
    assert judged(pod(created=OLD), dump(proxied=OTHER)).proof is None
    assert codes(lasting(pod(created=NOW), dump())) == set()  # it is being put in


def test_row_f_still_there() -> None:
    verdict = lasting(pod(NONE, created=OLD), dump())
    assert codes(verdict) == {Code.ZTUNNEL_KEEPS_POD}
    assert codes(judged(pod(NONE, created=OLD), dump())) == set(), "in one sample it may just be let go"
    assert judged(pod(NONE, created=OLD), dump(proxied=OTHER)).proof is None


def test_rows_g_and_h_pods_that_are_gone() -> None:
    def found(entry: Proxied, **fields: Any) -> list[Code]:
        one = pod(**IN)
        snapshot = world(one, dump(proxied={"u1": UP, "gone": entry, **OTHER}), **fields)
        snapshot.gone_pods = frozenset(("gone",))
        (node,) = NodeProofs(snapshot, Judge(snapshot).installation).of(snapshot.pods)
        return [finding.code for finding in node.findings]

    assert found(Proxied(state="Up", namespace="app", name="old")) == [Code.ZTUNNEL_HAS_GONE_PODS]
    assert found(Proxied(state="Pending", namespace="app", name="old")) == []  # G: known to be left behind
    assert found(Proxied(state="Up")) == []  # 1.22 and 1.23 do not tell whose it is


def test_of_one_sample_no_pod_is_known_to_be_gone_but_in_files() -> None:
    """The pods that changed meanwhile are taken out, and one that was made meanwhile was never in."""
    one, entry = pod(**IN), Proxied(state="Up", namespace="app", name="new")
    snapshot = world(one, dump(proxied={"u1": UP, "new": entry, **OTHER}))
    snapshot.on_network.facts.clear()
    (node,) = NodeProofs(snapshot, Judge(snapshot).installation).of(snapshot.pods)
    assert node.findings == ()


MINUTE = timedelta(seconds=61)


@pytest.mark.parametrize(
    ("age", "status", "generation", "kept", "has", "expected"),
    [
        (MINUTE, "True", 2, True, set(), [Code.ZTUNNEL_LACKS_POLICY]),
        (MINUTE, "True", None, True, {"app/other"}, [Code.ZTUNNEL_LACKS_POLICY]),
        (MINUTE, "True", 2, True, {"app/allow"}, []),
        (timedelta(seconds=59), "True", 2, True, set(), []),  # ztunnel may just not have it yet
        (MINUTE, "False", 2, True, set(), []),  # istiod sends it to no ztunnel
        (MINUTE, "True", 1, True, set(), []),  # written of what it was before
        (MINUTE, "True", 2, False, set(), []),  # it changed while ztunnel was asked
        (None, "True", 2, True, set(), []),  # since when, nobody tells
    ],
)
def test_row_m_a_policy_that_istiod_has_sent(
    age: timedelta | None, status: str, generation: int | None, kept: bool, has: set[str], expected: list[Code]
) -> None:
    since = (NOW - age).isoformat() if age else "yesterday"
    written = Condition(type="ZtunnelAccepted", status=status, generation=generation, changed=since)
    policy = AuthorizationPolicy(namespace="app", name="allow", generation=2, conditions=(written,))
    snapshot = world(pod(**IN), dump(policies=frozenset(has)), authorization_policies=[policy])
    snapshot.kept_policies = frozenset({"app/allow"} if kept else ())
    (node,) = NodeProofs(snapshot, Judge(snapshot).installation).of(snapshot.pods)
    assert [finding.code for finding in node.findings] == expected


def test_of_namespaces_that_were_not_read_no_pod_is_known_to_be_gone() -> None:
    snapshot = world(pod(**IN), dump(proxied={"u1": UP, "x": Proxied(state="Up", namespace="far", name="x"), **OTHER}))
    snapshot.pods.places = {"app"}
    (node,) = NodeProofs(snapshot, Judge(snapshot).installation).of(snapshot.pods)
    assert node.findings == ()


def test_row_j_known_as_plain() -> None:
    verdict = judged(pod(**IN), dump(workloads={"app/web-1": TCP}))
    assert codes(verdict) == {Code.ZTUNNEL_SENDS_PLAIN}
    (finding,) = verdict.proof.findings if verdict.proof else ()
    assert "others" not in finding.message


@pytest.mark.parametrize(
    ("others", "words"),
    [(HBONE, "ztunnel on n0 knows better, so that of n1 has lost istiod"), (TCP, "the other ztunnels say the same")],
)
def test_another_node_tells_who_is_behind(others: KnownWorkload, words: str) -> None:
    n0 = dump(node="n0", workloads={"app/web-1": others})
    verdict = judged(pod(**IN), dump(workloads={"app/web-1": TCP}), {"n0": n0})
    (finding,) = verdict.proof.findings if verdict.proof else ()
    assert words in finding.message


def test_row_k_not_known() -> None:
    assert codes(judged(pod(**IN), dump(workloads={}))) == {Code.ZTUNNEL_UNINFORMED}


@pytest.mark.parametrize(
    ("destination", "expected"),
    [
        ("app/wp.app.svc.cluster.local", {Code.ZTUNNEL_OTHER_WAYPOINT}),
        ("network/10.96.0.9", set()),  # to 1.23 an address: whose it is, nobody says
        ("", set()),
    ],
)
def test_row_l_another_waypoint(destination: str, expected: set[Code]) -> None:
    known = KnownWorkload(protocol="HBONE", waypoint=destination)
    assert codes(judged(pod(**IN), dump(workloads={"app/web-1": known}))) == expected


IDENTITY = "spiffe://cluster.local/ns/app/sa/web"


@pytest.mark.parametrize(
    ("certificate", "expected"),
    [
        (Certificate(identity=IDENTITY, state="Unavailable: unreachable"), [("CertificateUnavailable", "error")]),
        (Certificate(identity=IDENTITY, state="Initializing"), [("CertificateUnavailable", "warning")]),
        (Certificate(identity=IDENTITY, state="Available", begins=OLD, ends=NOW), [("CertificateOld", "error")]),
        (
            Certificate(identity=IDENTITY, state="Available", begins=OLD, ends=NOW + timedelta(minutes=59)),
            [("CertificateOld", "warning")],
        ),
        (Certificate(identity=IDENTITY, state="Available", begins=OLD, ends=NOW + timedelta(minutes=61)), []),
        (Certificate(identity=IDENTITY.replace("web", "other"), state="Unavailable: x"), []),
        (Certificate(identity="of no form", state="Unavailable: x"), []),
    ],
)
def test_rows_o_p_and_r_certificates(certificate: Certificate, expected: list[tuple[str, str]]) -> None:
    verdict = judged(pod(**IN), dump(certificates=(certificate,)))
    assert verdict.proof is not None
    assert [(f.code.value, f.severity) for f in verdict.proof.findings] == expected


def test_row_n_policies_that_one_lacks() -> None:
    snapshot = world(
        pod(**IN), dump(policies=frozenset({"app/a"})), {"n0": dump(policies=frozenset({"app/a", "app/b"}))}
    )
    (node,) = NodeProofs(snapshot, Judge(snapshot).installation).of(snapshot.pods)
    (finding,) = node.findings
    assert finding.code == Code.ZTUNNELS_DIFFER
    assert "app/b" in finding.message
    assert "app/a" not in finding.message


@pytest.mark.parametrize(("runs", "expected"), [("1.30.2", [Code.ZTUNNEL_VERSION_DIFFERS]), ("1.30.3", []), ("", [])])
def test_row_v_the_version_that_runs(runs: str, expected: list[Code]) -> None:
    snapshot = world(pod(**IN), dump(version=runs))
    (node,) = NodeProofs(snapshot, Judge(snapshot).installation).of(snapshot.pods)
    assert [finding.code for finding in node.findings] == expected


@pytest.mark.parametrize(("answers", "expected"), [(False, [Code.DNS_NOT_ANSWERED]), (True, []), (None, [])])
def test_row_w_dns(answers: bool | None, expected: list[Code]) -> None:
    snapshot = world(pod(**IN), dump(dns_capture=answers))
    (node,) = NodeProofs(snapshot, Judge(snapshot).installation).of(snapshot.pods)
    assert [finding.code for finding in node.findings] == expected


@pytest.mark.parametrize("said", [None, Unread(what="ask ztunnel on n1", why="it hangs")])
def test_who_was_not_asked_proves_nothing(said: Unread | None) -> None:
    verdict = judged(pod(**IN), said)
    assert (served(verdict), codes(verdict), verdict.unserved, verdict.state) == ("unknown", set(), False, "Enrolled")
    assert judged(pod(NONE, created=OLD), said).proof is None


def test_without_a_uid_nothing_can_be_compared() -> None:
    verdict = judged(pod(**IN), dump(), on_network=[])
    assert (served(verdict), codes(verdict)) == ("unknown", set())


def test_without_the_flag_nobody_is_asked() -> None:
    one = pod(**IN)
    snapshot = world(one, dump(proxied=OTHER))
    snapshot.ztunnels = None
    assert Judge(snapshot).judge(one).proof is None


@pytest.mark.parametrize(("active", "expected"), [(1, [Code.ZTUNNEL_HAS_FEWER]), (2, []), (3, []), (None, [])], ids=str)
def test_row_s_counts(active: int | None, expected: list[Code]) -> None:
    one = pod(**IN)
    snapshot = world(one, None)
    snapshot.ztunnels = {"n1": Counts(active=active)}
    judge = Judge(snapshot)
    (node,) = NodeProofs(snapshot, judge.installation).of(snapshot.pods)
    assert ([finding.code for finding in node.findings], node.by) == (expected, "counts")
    assert served(judge.judge(one)) == "unknown"


@pytest.mark.parametrize("changed", [{"deleting": NOW}, {"created": NOW}, {"annotations": redirected("pending")}])
def test_row_s_what_moves_is_not_counted(changed: dict[str, Any]) -> None:
    snapshot = world(pod(**{**IN, **changed}), None)
    snapshot.ztunnels = {"n1": Counts(active=1)}
    (node,) = NodeProofs(snapshot, Judge(snapshot).installation).of(snapshot.pods)
    assert node.findings == ()


def test_row_s_what_changed_meanwhile_is_not_counted() -> None:
    snapshot = world(pod(**IN), None)
    snapshot.ztunnels = {"n1": Counts(active=1)}
    del snapshot.on_network.facts["app/web-1"]
    (node,) = NodeProofs(snapshot, Judge(snapshot).installation).of(snapshot.pods)
    assert node.findings == ()
