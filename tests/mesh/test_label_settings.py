"""What an object inherits from its namespace, and who wins."""

from __future__ import annotations

import pytest

from tests.mesh.label_builders import entry, istio, on, report, template

MODE, WAYPOINT = "istio.io/dataplane-mode", "istio.io/use-waypoint"
NAMESPACE, INGRESS, CANARY = f"{WAYPOINT}-namespace", "istio.io/ingress-use-waypoint", f"{WAYPOINT}-canary"


@pytest.mark.parametrize(
    ("kind", "above", "own", "holds"),
    [
        ("Pod", {MODE: "ambient"}, {}, {MODE: True}),
        ("Pod", {MODE: "ambient"}, {MODE: "none"}, {MODE: False}),
        ("Pod", {MODE: "ambient"}, {MODE: "sidecar"}, {MODE: True}),
        ("Pod", {MODE: "none"}, {MODE: "ambient"}, {MODE: False}),
        ("Service", {MODE: "ambient"}, {}, {}),
        ("Service", {WAYPOINT: "wp"}, {}, {WAYPOINT: True}),
        ("Service", {WAYPOINT: "wp"}, {WAYPOINT: "none"}, {WAYPOINT: False}),
        ("Service", {WAYPOINT: "wp"}, {WAYPOINT: ""}, {WAYPOINT: False}),
        ("Service", {WAYPOINT: "wp", NAMESPACE: "a"}, {WAYPOINT: "x"}, {WAYPOINT: False, NAMESPACE: False}),
        ("Service", {WAYPOINT: "wp", NAMESPACE: "a"}, {NAMESPACE: "b"}, {WAYPOINT: True, NAMESPACE: True}),
        ("Service", {NAMESPACE: "a"}, {}, {NAMESPACE: False}),
        ("Service", {INGRESS: "true"}, {}, {INGRESS: True}),
        ("Service", {INGRESS: "true"}, {INGRESS: "false"}, {INGRESS: False}),
        ("Service", {CANARY: "wp2"}, {WAYPOINT: "wp"}, {CANARY: False}),
        ("Pod", {INGRESS: "true"}, {}, {}),
        ("WorkloadEntry", {WAYPOINT: "wp", MODE: "ambient"}, {}, {WAYPOINT: True}),
        ("Pod", {"istio-injection": "enabled"}, {}, {"istio-injection": True}),
        ("Pod", {"istio-injection": "enabled"}, {"sidecar.istio.io/inject": "false"}, {"istio-injection": False}),
        (
            "Pod",
            {"istio-injection": "disabled", "istio.io/rev": "a"},
            {},
            {"istio-injection": True, "istio.io/rev": False},
        ),
    ],
)
def test_who_wins(kind: str, above: dict[str, str], own: dict[str, str], holds: dict[str, bool]) -> None:
    found = report(on(kind, own), on("Namespace", above)).inherited
    assert {i.key: i.holds for i in found} == holds
    assert all(i.origin == "Namespace/shop" and (" wins" in i.message or "but" in i.message) != i.holds for i in found)


def test_a_workload_inherits_as_its_pods_do() -> None:
    above = on("Namespace", {MODE: "ambient"})
    assert [i.holds for i in report(template({}, {MODE: "none"}), above).inherited] == [True]
    assert [i.holds for i in report(template({MODE: "none"}), above).inherited] == [False]


def test_the_spec_of_a_workload_entry_wins_over_the_namespace() -> None:
    (found,) = report(entry({WAYPOINT: "own"}), on("Namespace", {WAYPOINT: "wp"})).inherited
    assert (found.holds, found.message) == (False, f"from Namespace/shop, but its own {WAYPOINT}=own wins")
    (found,) = report(entry({WAYPOINT: "a"}, {WAYPOINT: "b"}), on("Namespace", {WAYPOINT: "wp"})).inherited
    assert found.message.endswith(f"{WAYPOINT}=b wins")


def test_under_custom_selectors_the_mode_is_nobodys() -> None:
    own = istio(selectors="- {podSelector: {matchLabels: {mesh: in}}}")
    assert report(on("Pod"), on("Namespace", {MODE: "ambient"}), by=own).inherited == ()
