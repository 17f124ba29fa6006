"""Checks: each finds its fault and is silent about a healthy mesh, and none takes what is hidden for good."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

import kubectl_ambient.mesh
from kubectl_ambient.cluster.facts import NOT_IN_FILES, Unread
from kubectl_ambient.cluster.found import Found
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.check.check import Check
from kubectl_ambient.mesh.check.judged import Judged
from kubectl_ambient.mesh.check.run import FAIL_ON, Result, fails, run
from kubectl_ambient.mesh.check.sources import Findings
from kubectl_ambient.mesh.check.table import all_checks
from tests.lines import line
from tests.mesh.check_rows import CALLER, FAULTS, HOUR, NOW, WEB, allow, healthy, policy
from tests.snapshots import altered

CHECKS = {check.id: check for check in all_checks()}
PARTS = [name for name in Snapshot.__struct_fields__ if isinstance(getattr(Snapshot(), name), Found)]
every_check = pytest.mark.parametrize("name", CHECKS)


def made(name: str, snapshot: Snapshot, namespace: str = "") -> Result:
    (result,) = run([CHECKS[name]], Judged(snapshot, namespace)).results
    return result


def hiding(snapshot: Snapshot, part: str, why: str = "forbidden") -> Snapshot:
    return altered(snapshot, **{part: Unread(what=f"list {part}", why=why)})


class Seen(Snapshot):
    """A snapshot of which `LOOKED_AT` notes the parts that are looked at."""

    def __getattribute__(self, name: str) -> Any:
        if name in PARTS:
            LOOKED_AT.add(name)
        return super().__getattribute__(name)


LOOKED_AT: set[str] = set()


def test_every_check_has_a_row_and_an_id_of_its_own() -> None:
    assert list(CHECKS) == [check.id for check in all_checks()]
    assert FAULTS.keys() == CHECKS.keys()


@every_check
def test_nothing_is_wrong_with_a_healthy_mesh(name: str) -> None:
    result = made(name, healthy())
    assert (result.outcome, result.hits) == ("ok", ())
    assert result.message == CHECKS[name].title


@every_check
def test_the_fault_is_found(name: str) -> None:
    result = made(name, FAULTS[name])
    assert result.outcome in ("warning", "error")
    assert result.objects
    assert all(hit.message and not hit.message.endswith(".") for hit in result.hits)


@every_check
def test_what_is_declared_is_looked_at(name: str) -> None:
    check = CHECKS[name]
    assert {*check.reads, *check.also} <= set(PARTS)
    LOOKED_AT.clear()
    for snapshot in (healthy(), FAULTS[name]):
        judged = Judged(Seen(**_fields(snapshot)))
        assert [list(ask(judged)) for ask in check.asks]
    assert {*check.reads, *check.also} <= LOOKED_AT


@pytest.mark.parametrize("part", PARTS)
@every_check
def test_hiding_a_part_never_makes_a_fault_pass(name: str, part: str) -> None:
    """What is read is declared: else a check would say that all is well, where it could not see."""
    result = made(name, hiding(FAULTS[name], part))
    assert result.outcome != "ok", f"{part} is not declared"


@every_check
def test_what_cannot_be_read_is_said(name: str) -> None:
    for part in (*CHECKS[name].reads, *CHECKS[name].also):
        result = made(name, hiding(healthy(), part))
        assert result.outcome == "unknown"
        assert f"cannot list {part}: forbidden" in result.message


@every_check
def test_files_that_do_not_hold_it_are_no_refusal(name: str) -> None:
    hidden = healthy()
    for part in CHECKS[name].reads:
        hidden = hiding(hidden, part, NOT_IN_FILES)
    assert made(name, hidden).outcome == "skipped"


def told_by(check: Check) -> set[Code]:
    return {code for ask in check.asks if isinstance(ask, Findings) for code in ask.codes}


# Told of pods, each node's agents are asked themselves; told of waypoints, what names them is asked.
ELSEWHERE = {Code.AGENT_MISSING, Code.AGENT_NOT_READY, Code.CNI_GONE, Code.WAYPOINT_REFUSES}


def raised_in(*packages: str) -> set[Code]:
    """The codes that the files of these packages name."""
    home = Path(kubectl_ambient.mesh.__file__).parent
    texts = (path.read_text(encoding="utf-8") for package in packages for path in (home / package).rglob("*.py"))
    return {Code[name] for text in texts for name in re.findall(r"Code\.([A-Z_]+)", text)}


def test_every_warning_and_error_is_asked_for_by_some_check() -> None:
    """But those of two ends, which a check does not choose, and of what ztunnels say, which objects do not show."""
    grave = {code for code in Code if {"warning", "error"} & {*code.severities}}
    asked = set().union(*map(told_by, CHECKS.values()))
    assert grave - asked - raised_in("path", "ztunnel") == ELSEWHERE - raised_in("path", "ztunnel")


def test_no_istio_is_one_line_and_nothing_else_is_asked() -> None:
    report = run(all_checks(), Judged(FAULTS["istio-installed"]))
    assert report.no_istio == "this cluster has no Istio: no istiod, no istio-cni and no ztunnel"
    assert {r.check.id: r.outcome for r in report.results if r.outcome != "skipped"} == {
        "istio-installed": "error",
        "injection-webhooks": "ok",
        "leftovers": "ok",
    }
    assert fails(report, ["error"])


def test_what_is_left_of_istio_is_told_where_there_is_none() -> None:
    report = run(all_checks(), Judged(altered(FAULTS["istio-installed"], webhooks=list(healthy().webhooks))))
    assert report.no_istio == ""
    assert {r.check.id for r in report.results if r.hits} == {"istio-installed", "injection-webhooks"}


def test_istio_that_may_not_be_seen_is_not_taken_for_absent() -> None:
    hidden = hiding(FAULTS["istio-installed"], "istiods")
    report = run(all_checks(), Judged(hidden))
    assert report.no_istio == ""


@pytest.mark.parametrize(
    ("condition", "failing"),
    [
        ("error", {"error"}),
        ("warning", {"error", "warning"}),
        ("unknown", {"unknown"}),
        ("any", {"error", "warning", "unknown"}),
        ("none", set()),
    ],
)
def test_what_a_gate_fails_on(condition: str, failing: set[str]) -> None:
    assert condition in FAIL_ON
    of = {
        "ok": healthy(),
        "warning": FAULTS["waypoint-used"],
        "error": FAULTS["waypoint-alive"],
        "unknown": hiding(healthy(), "gateways"),
    }
    names = {"warning": "waypoint-used", "error": "waypoint-alive", "unknown": "waypoint-alive", "ok": "waypoint-alive"}
    found = {
        outcome
        for outcome, snapshot in of.items()
        if fails(run([CHECKS[names[outcome]]], Judged(snapshot)), [condition])
    }
    assert found == failing


def test_only_the_namespace_is_asked_about() -> None:
    assert made("pods-out", FAULTS["pods-out"], "app").outcome == "error"
    assert made("pods-out", FAULTS["pods-out"], "other").outcome == "ok"
    assert made("node-ztunnel", FAULTS["node-ztunnel"], "other").outcome == "error"


# NetworkPolicies


@pytest.mark.parametrize("direction", ["Ingress", "Egress"])
def test_a_policy_with_15008_lets_the_mesh_pass(direction: str) -> None:
    name = f"network-{direction.lower()}"
    assert made(name, healthy(network_policies=[policy(direction, 8080, 15008)])).outcome == "ok"
    assert made(name, healthy(network_policies=[policy(direction, 9090)])).outcome == "ok", "nobody listens there"
    both = [policy(direction, 8080), policy(direction)]
    assert made(name, healthy(network_policies=both)).outcome == "ok", "another policy opens every port"


def test_who_is_not_in_the_mesh_is_not_parted_by_15008() -> None:
    found = altered(FAULTS["network-ingress"], pods=[WEB])
    assert made("network-ingress", found).outcome == "ok"


def test_the_pair_and_the_port_are_named() -> None:
    (hit,) = made("network-ingress", FAULTS["network-ingress"]).hits
    assert hit.object == "NetworkPolicy/app/narrow"
    assert CALLER.name in hit.message
    assert "port 8080, and not at 15008" in hit.message


# Near misses


def test_settings_that_changed_before_istio_cni_started_are_taken() -> None:
    snapshot = FAULTS["cni-settings"]
    (config,) = snapshot.cni_config.known
    late = altered(snapshot, cni_config=[type(config)(**{**_fields(config), "changed": NOW.replace(hour=1)})])
    assert made("cni-settings", late).outcome == "ok"


def _fields(struct: Any) -> dict[str, Any]:
    return {name: getattr(struct, name) for name in struct.__struct_fields__}


@pytest.mark.parametrize(
    ("box_of", "agent"),
    [
        pytest.param({"made": NOW - 9 * HOUR}, {}, id="its first network"),
        pytest.param({}, {"ready_since": NOW - 4 * HOUR}, id="istio-cni was Ready before"),
        pytest.param({}, {"ready_since": NOW - HOUR}, id="istio-cni was restarted long after"),
        pytest.param({}, {"started": NOW - 3 * HOUR}, id="another istio-cni came after"),
    ],
)
def test_a_network_is_suspected_only_right_after_a_restart(box_of: dict[str, Any], agent: dict[str, Any]) -> None:
    before = FAULTS["captured-after-restart"]
    (box,), (cni,) = before.sandboxes.known, before.cni_pods.known
    snapshot = altered(before, sandboxes=[structs.replace(box, **box_of)], cni_pods=[structs.replace(cni, **agent)])
    assert made_of(snapshot) == "ok"
    assert made_of(before) == "warning"


def made_of(snapshot: Snapshot) -> str:
    return made("captured-after-restart", snapshot).outcome


def test_what_two_asks_tell_of_one_fact_is_told_once() -> None:
    (hit,) = made("waypoint-alive", FAULTS["waypoint-alive"]).hits
    assert hit.object == "Gateway/app/wp"


def test_a_policy_that_means_nobody_is_no_mistake() -> None:
    nobody = allow(selector={"app": "gone"})
    assert made("policy-enforced", healthy(authorization_policies=[nobody])).outcome == "ok"


def test_a_command_is_offered_where_one_mends_it() -> None:
    (hit,) = made("cni-settings", FAULTS["cni-settings"]).hits
    assert line(hit.fix) == "kubectl rollout restart daemonset/istio-cni-node -n istio-system"
