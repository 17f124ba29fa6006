"""Each row of what Kubernetes and ztunnel say of a pod that can be played, and a near miss that stays silent.

The rows have letters, A to W. E, F and H take two
samples, and are in test_ztunnel.py; so is S, which is told by counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.rig import definitions
from tests.rig.kubectl import Result, Runner
from tests.rig.ztunnel import enrolled, known

from .test_status import document
from .ztunnel_scene import SHOP, Scene, shop

__all__ = ["shop"]

Play = Callable[[Scene], None]
DEFINITION = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/authorizationpolicies.security.istio.io"
POLICIES = f"/apis/security.istio.io/v1/namespaces/{SHOP}/authorizationpolicies"


@pytest.fixture
def plugin(shop: Scene) -> Runner:
    return Runner(shop.cluster, "ambient")


def said(scene: Scene, node: str = "n1") -> dict[str, Any]:
    """What the ztunnel of a node says, to be changed."""
    dump = scene.ztunnels[node].dump
    assert isinstance(dump, dict)
    return dump


def entry(pod: str, state: str | None) -> Play:
    """ztunnel has that pod so; None: not at all."""

    def play(scene: Scene) -> None:
        states = said(scene)["workloadState"]
        states.pop(scene.uid(pod), None)
        if state:
            states |= dict([enrolled(scene.uid(pod), SHOP, pod, state=state)])

    return play


def only(*pods: str) -> Play:
    """ztunnel has these and no others."""

    def play(scene: Scene) -> None:
        said(scene)["workloadState"] = dict(enrolled(scene.uid(name), SHOP, name) for name in pods)

    return play


def leaked(scene: Scene) -> None:
    """An entry that waits for a pod that is no more."""
    said(scene)["workloadState"] |= dict([enrolled("0000", SHOP, "ghost", state="Pending")])
    entry("held", "Up")(scene)


def told_of(pod: str, **more: Any) -> Play:
    """istiod has told it so of that pod; without more, nothing."""

    def play(scene: Scene) -> None:
        dump = said(scene)
        dump["workloads"] = [w for w in dump["workloads"] if w["name"] != pod]
        if more:
            dump["workloads"].append(known(SHOP, pod, "n1", "10.244.1.99", **more))

    return play


def certificate(account: str, state: str = "Available", begun: float = 1.0, left: float = 23.0) -> Play:
    """The certificate of an account; hours since it began, and until it ends."""

    def play(scene: Scene) -> None:
        now = datetime.now(UTC)
        times = {"validFrom": now - timedelta(hours=begun), "expirationTime": now + timedelta(hours=left)}
        leaf = {key: f"{at:%Y-%m-%dT%H:%M:%SZ}" for key, at in times.items()}
        identity = f"spiffe://cluster.local/ns/{SHOP}/sa/{account}"
        found = {"identity": identity, "state": state, "certChain": [leaf] if state == "Available" else []}
        said(scene)["certificates"] = [found]

    return play


def settings(**config: Any) -> Play:
    return lambda scene: said(scene)["config"].update(config)


def version(number: str) -> Play:
    return lambda scene: said(scene)["version"].update(istioVersion=number)


def policies(*names: str, of_other: tuple[str, ...] = ("a", "b")) -> Play:
    def play(scene: Scene) -> None:
        for node, has in (("n1", names), ("n2", of_other)):
            said(scene, node)["policies"] = [{"namespace": SHOP, "name": name} for name in has]

    return play


ROWS: dict[str, tuple[str, str, Play, Play]] = {
    "A": ("ZtunnelLacksPod", "lost", entry("lost", None), entry("lost", "Up")),
    "B": ("ZtunnelEmpty", "n1", only(), only("served")),
    "C": ("ZtunnelBlocked", "held", entry("held", "Pending"), entry("held", "Up")),
    "D": ("ZtunnelBlocked", "waits", entry("waits", None), entry("waits", "Up")),
    "G": ("ZtunnelBlocked", "held", entry("held", "Pending"), leaked),
    "J": ("ZtunnelSendsPlain", "plain", told_of("plain", protocol="TCP"), told_of("plain", protocol="HBONE")),
    "K": ("ZtunnelUninformed", "nameless", told_of("nameless"), told_of("nameless", protocol="HBONE")),
    "L": (
        "ZtunnelOtherWaypoint",
        "served",
        told_of("served", waypoint={"destination": f"{SHOP}/wp.{SHOP}.svc.cluster.local", "hboneMtlsPort": 15008}),
        told_of("served", waypoint={"destination": "network/10.96.0.9", "hboneMtlsPort": 15008}),
    ),
    "N": ("ZtunnelsDiffer", "n1", policies("a"), policies("a", "b")),
    "O": (
        "CertificateUnavailable",
        "expired",
        certificate("expired", "Unavailable: the CA did not answer"),
        certificate("another", "Unavailable: the CA did not answer"),
    ),
    "P": ("CertificateUnavailable", "expired", certificate("expired", "Initializing"), certificate("expired")),
    "R, past": ("CertificateOld", "expired", certificate("expired", begun=24.0, left=-1.0), certificate("expired")),
    "R, half": (
        "CertificateOld",
        "expired",
        certificate("expired", begun=13.0, left=11.0),
        certificate("expired", begun=11.0, left=13.0),
    ),
    "V": ("ZtunnelVersionDiffers", "n1", version("1.30.2"), version("1.30.3")),
    "W": ("DnsNotAnswered", "n1", settings(dnsProxy=False), settings(dnsProxy=True)),
}


def codes(told: Result, where: str) -> set[str]:
    found = document(told)
    every = {item["name"]: item["findings"] for item in found["items"]}
    every |= {node["node"]: node["findings"] for node in found["nodes"]}
    return {finding["code"] for finding in every[where]}


@pytest.mark.parametrize("row", ROWS)
def test_a_row_is_told_and_what_is_nearly_it_is_not(shop: Scene, plugin: Runner, row: str) -> None:
    code, where, play, nearly = ROWS[row]
    play(shop)
    assert code in codes(plugin("status", "-n", SHOP, "--ztunnel", "-o", "json"), where)
    shop.say_well()
    nearly(shop)
    assert code not in codes(plugin("status", "-n", SHOP, "--ztunnel", "-o", "json"), where)


@pytest.fixture
def accepted(shop: Scene) -> Iterator[Callable[[timedelta], None]]:
    """Has istiod write that it sent a policy so long ago."""
    api = shop.cluster.api
    if api.get(DEFINITION) is None:
        definitions.install(shop.cluster)
    policy = {
        "apiVersion": "security.istio.io/v1",
        "kind": "AuthorizationPolicy",
        "metadata": {"name": "allow", "namespace": SHOP},
        "spec": {"rules": [{}]},
    }
    shop.cluster.processes.wait_for("the type", lambda: _served(shop))
    api.request("POST", POLICIES, policy)

    def write(age: timedelta) -> None:
        since = f"{datetime.now(UTC) - age:%Y-%m-%dT%H:%M:%SZ}"
        written = {"type": "ZtunnelAccepted", "status": "True", "reason": "Accepted", "lastTransitionTime": since}
        api.patch(f"{POLICIES}/allow/status", {"status": {"conditions": [written]}})

    yield write
    api.request("DELETE", f"{POLICIES}/allow")


def _served(scene: Scene) -> bool:
    return scene.cluster.kubectl("get", "authorizationpolicies", "-A", check=False).code == 0


def test_row_m_a_policy_that_istiod_has_sent(
    shop: Scene, plugin: Runner, accepted: Callable[[timedelta], None]
) -> None:
    def lacking() -> set[str]:
        told = plugin("check", "-n", SHOP, "--ztunnel", "--only", "ztunnel-told", "-o", "json")
        (section,) = document(told, told.code)["sections"]
        return set(section["checks"][0]["objects"])

    accepted(timedelta(minutes=2))
    policies("other", of_other=("other",))(shop)
    assert {"Node/n1", "Node/n2"} <= lacking()
    policies("other", "allow", of_other=("other", "allow"))(shop)
    assert not {"Node/n1", "Node/n2"} & lacking()
    policies("other", of_other=("other",))(shop)
    accepted(timedelta(seconds=5))
    assert not {"Node/n1", "Node/n2"} & lacking(), "it may be on its way"
