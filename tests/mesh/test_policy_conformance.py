"""Policies of the 120 meshes: what a real istiod sent to ztunnel, and what ztunnel does with it."""

from __future__ import annotations

import io
import json
from functools import cache
from typing import Any

import pytest

from kubectl_ambient.cluster.kinds.table import KINDS
from kubectl_ambient.cluster.reading.files import read_files
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.policy.acceptance import by_waypoint, by_ztunnel, targets_of
from kubectl_ambient.mesh.policy.connections import Connection, Identity
from kubectl_ambient.mesh.policy.mtls import Mtls, mtls
from kubectl_ambient.mesh.policy.sent import Sent, sent, speaks_on
from kubectl_ambient.mesh.policy.verdict import verdict
from kubectl_ambient.mesh.waypoint.judge import WaypointJudge
from tests.conformance import cases
from tests.mesh.meshes import MESHES, objects

ROOT = "istio-system"


@cache
def mesh(number: int) -> Snapshot:
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects(cases("meshes")[number])})
    found, problems = read_files(["-"], kinds=KINDS, stdin=io.BytesIO(text.encode()))
    assert problems == []
    return found


def expected(number: int, of: str) -> Any:
    return cases("meshes")[number]["expect"][of]


def peer_authentication(number: int, ref: str) -> Mtls:
    _kind, namespace, name = ref.split("/")
    pod = mesh(number).pods.facts[f"{namespace}/{name}"]
    found = list(mesh(number).peer_authentications.known)
    return mtls(found, namespace=namespace, labels=pod.labels, root=ROOT)


def policies_on(number: int, ref: str) -> list[Sent]:
    _kind, namespace, name = ref.split("/")
    pod = mesh(number).pods.facts[f"{namespace}/{name}"]
    policies = (sent(p, ROOT) for p in mesh(number).authorization_policies.known)
    return [policy for policy in policies if policy and speaks_on(policy, namespace, pod.labels, ROOT)]


@pytest.mark.parametrize("number", range(len(MESHES)), ids=MESHES)
def test_plain_text_is_refused_on_the_ports_where_what_is_sent_refuses_it(number: int) -> None:
    said = {
        ref: {port: _word(peer_authentication(number, ref).refuses(int(port))) for port in ports}
        for ref, ports in expected(number, "plaintext").items()
    }
    assert said == expected(number, "plaintext")


def _word(refuses: bool | None) -> str:
    return {True: "denied", False: "allowed", None: "depends"}[refuses]


@pytest.mark.parametrize("number", range(len(MESHES)), ids=MESHES)
def test_every_connection_is_judged_as_ztunnel_judges_it(number: int) -> None:
    pods = mesh(number).pods.facts
    for flow in expected(number, "flows"):
        identity = None
        if flow["identity"]:
            trust_domain, _ns, namespace, _sa, account = flow["identity"].removeprefix("spiffe://").split("/")
            identity = Identity(trust_domain, namespace, account)
        source, destination = (_ip(number, flow[end]) for end in ("from", "to"))
        connection = Connection(identity=identity, port=flow["port"], source_ip=source, destination_ip=destination)
        said = verdict(connection, peer_authentication(number, flow["to"]), policies_on(number, flow["to"]))
        word = {True: "allowed", False: "denied"}[said.allowed]  # type: ignore[index]
        assert (word, sorted(said.by)) == (flow["verdict"], sorted(flow["by"])), flow
        assert flow["to"].removeprefix("Pod/") in pods


def _ip(number: int, ref: str) -> str | None:
    return next(
        (
            o["status"]["podIP"]
            for o in objects(cases("meshes")[number])
            if f"{o['kind']}/{o['metadata'].get('namespace')}/{o['metadata']['name']}" == ref
        ),
        None,
    )


@pytest.mark.parametrize("number", range(len(MESHES)), ids=MESHES)
def test_every_policy_is_taken_or_not_as_istiod_wrote(number: int) -> None:
    judge = WaypointJudge(mesh(number))
    for ref, conditions in expected(number, "conditions").items():
        policy = mesh(number).authorization_policies.facts[ref.removeprefix("AuthorizationPolicy/")]
        if policy.targets:
            said = ("WaypointAccepted", by_waypoint(targets_of(policy, judge, ROOT)))
        else:
            said = ("ZtunnelAccepted", by_ztunnel(policy, sent(policy, ROOT)))
        told = {said[0]: {"status": str(said[1].accepted), "reason": said[1].reason}}
        if conditions:
            assert told == conditions, ref
        else:  # one of those that share a condition with others that ztunnel cannot take
            assert told == {"ZtunnelAccepted": {"status": "False", "reason": "UnsupportedValue"}}, ref
