"""AuthorizationPolicies and PeerAuthentications: what Istio tells apart is told apart, and nothing else."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_ambient.cluster.documents import Document, documents
from kubectl_ambient.cluster.kinds import policies as policy_wire
from kubectl_ambient.cluster.kinds.conditions import Condition
from kubectl_ambient.cluster.policy_facts import (
    AuthorizationPolicy,
    Operation,
    PeerAuthentication,
    Rule,
    Source,
    TargetRef,
    When,
)
from tests.conformance import cases

NAMED = {"name": "x", "namespace": "shop"}
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


def read(of: Any, spec: dict[str, Any] | None, status: Any = None, **metadata: Any) -> Any:
    written = {"metadata": {**NAMED, **metadata}, "spec": spec, "status": status}
    found = msgspec.json.decode(json.dumps(written), type=of).fact()
    assert found == msgspec.convert(written, of).fact()  # as it is read of files
    return found


def authorization(spec: dict[str, Any] | None = None, **fields: Any) -> AuthorizationPolicy:
    found: AuthorizationPolicy = read(policy_wire.AuthorizationPolicy, spec, **fields)
    return found


def peer(spec: dict[str, Any] | None = None, **fields: Any) -> PeerAuthentication:
    found: PeerAuthentication = read(policy_wire.PeerAuthentication, spec, **fields)
    return found


def rule(**fields: Any) -> Rule:
    return authorization({"rules": [fields]}).rules[0]


def test_bare_policies() -> None:
    assert authorization() == authorization({}) == AuthorizationPolicy(namespace="shop", name="x", action="ALLOW")
    assert peer() == peer({}) == PeerAuthentication(namespace="shop", name="x", mode=None)
    assert authorization().ref == "AuthorizationPolicy/shop/x"
    assert peer().ref == "PeerAuthentication/shop/x"


@pytest.mark.parametrize("policy", [authorization, peer])
@pytest.mark.parametrize(
    ("selector", "fact"),
    [
        (None, None),
        ({}, {}),
        ({"matchLabels": None}, {}),
        ({"matchLabels": {}}, {}),
        ({"matchLabels": {"app": "web"}}, {"app": "web"}),
    ],
)
def test_an_empty_selector_is_not_none(policy: Any, selector: Any, fact: Any) -> None:
    assert policy({"selector": selector}).selector == fact
    assert policy({}).selector is None


GATEWAY = {"kind": "Gateway", "group": "gateway.networking.k8s.io", "name": "waypoint"}
WAYPOINT = TargetRef(kind="Gateway", group="gateway.networking.k8s.io", name="waypoint")
CART = TargetRef(kind="Service", name="cart", namespace="shop")


def test_targets_stand_in_either_field() -> None:
    service = {"kind": "Service", "name": "cart", "namespace": "shop"}
    one, many = authorization({"targetRef": GATEWAY}), authorization({"targetRefs": [GATEWAY, service]})
    assert (one.target_ref, one.target_refs, one.targets) == (WAYPOINT, (), (WAYPOINT,))
    assert (many.target_ref, many.target_refs, many.targets) == (None, (WAYPOINT, CART), (WAYPOINT, CART))
    assert authorization({"targetRef": GATEWAY, "targetRefs": [service]}).targets == (CART,)
    assert authorization({"targetRef": GATEWAY, "targetRefs": []}).targets == (WAYPOINT,)
    assert authorization({"targetRef": None, "targetRefs": []}).targets == ()
    assert (one.target_field, many.target_field) == ("spec.targetRef", "spec.targetRefs")


@pytest.mark.parametrize(
    ("spec", "action", "provider"),
    [
        ({"action": None}, "ALLOW", None),
        ({"action": "DENY"}, "DENY", None),
        ({"action": "CUSTOM", "provider": {"name": "opa"}}, "CUSTOM", "opa"),
        ({"action": "CUSTOM", "provider": {}}, "CUSTOM", ""),
    ],
)
def test_actions(spec: dict[str, Any], action: str, provider: str | None) -> None:
    assert (authorization(spec).action, authorization(spec).provider) == (action, provider)


def test_no_rule_is_not_an_empty_rule() -> None:
    assert authorization({"rules": []}).rules == authorization({"rules": None}).rules == ()
    assert authorization({"rules": [{}]}).rules == (Rule(),)
    assert rule(**{"from": [], "to": None, "when": []}) == Rule()


def test_a_clause_that_asks_for_nothing_is_not_left_out() -> None:
    for source in ({}, {"source": None}, {"source": {}}, {"source": {"principals": []}}):
        assert rule(**{"from": [source]}) == Rule(from_=(Source(),))
    for operation in ({}, {"operation": {}}, {"operation": {"ports": None}}):
        assert rule(to=[operation]) == Rule(to=(Operation(),))
    assert rule(when=[{"key": "source.ip"}]) == Rule(when=(When(key="source.ip"),))


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))


@pytest.mark.parametrize(("wrap", "of", "count"), [("source", Source, 14), ("operation", Operation, 8)])
def test_each_field_of_a_clause_is_read_as_itself(wrap: str, of: Any, count: int) -> None:
    fields = of.__struct_fields__
    written = {wrap: {camel(name): [name, "*"] for name in fields}}
    found = rule(**{"from" if wrap == "source" else "to": [written]})
    (clause,) = found.from_ or found.to
    assert clause == of(**{name: (name, "*") for name in fields})
    assert len(fields) == count


def test_entries_of_one_clause_stay_apart() -> None:
    found = rule(
        **{"from": [{"source": {"namespaces": ["a"]}}, {"source": {"ipBlocks": ["10.0.0.0/8"], "principals": ["p"]}}]},
        when=[{"key": "destination.port", "values": ["80"], "notValues": ["81"]}],
    )
    assert found.from_ == (Source(namespaces=("a",)), Source(ip_blocks=("10.0.0.0/8",), principals=("p",)))
    assert found.when == (When(key="destination.port", values=("80",), not_values=("81",)),)


def test_what_istiod_wrote_of_it_and_of_which_generation() -> None:
    written = {"type": "ZtunnelAccepted", "status": "False", "reason": "UnsupportedValue", "message": "no"}
    for told in (3, "3"):
        status = {"conditions": [{**written, "observedGeneration": told}]}
        found = authorization({}, status=status, generation=4)
        assert found.generation == 4
        assert found.condition("ZtunnelAccepted") == Condition(
            type="ZtunnelAccepted", status="False", reason="UnsupportedValue", message="no", generation=3
        )
        assert peer({}, status=status).conditions == found.conditions


@pytest.mark.parametrize(
    ("annotations", "dry_run"),
    [
        (None, None),
        ({"other": "true"}, None),
        ({"istio.io/dry-run": ""}, ""),
        ({"istio.io/dry-run": "t"}, "t"),
        ({"istio.io/dry-run": None}, None),
    ],
)
def test_dry_run_is_told_as_written(annotations: Any, dry_run: str | None) -> None:
    assert authorization(annotations=annotations).dry_run == dry_run


def test_the_revision_that_it_is_for_is_a_label() -> None:
    assert authorization(labels={"istio.io/rev": "canary"}).labels == {"istio.io/rev": "canary"}
    assert peer(labels={"istio.io/rev": "canary"}).labels == {"istio.io/rev": "canary"}


@pytest.mark.parametrize(
    ("mtls", "mode"),
    [
        (None, None),
        ({}, "UNSET"),
        ({"mode": None}, "UNSET"),
        ({"mode": "UNSET"}, "UNSET"),
        ({"mode": "STRICT"}, "STRICT"),
    ],
)
def test_an_unset_mode_is_not_none(mtls: Any, mode: str | None) -> None:
    assert peer({"mtls": mtls}).mode == mode


def test_modes_of_ports() -> None:
    written = {"8080": {"mode": "PERMISSIVE"}, "9090": {}, "9091": None}
    assert peer({"portLevelMtls": written}).port_level_mtls == {8080: "PERMISSIVE", 9090: "UNSET", 9091: "UNSET"}
    assert peer({"portLevelMtls": None}).port_level_mtls == peer({"portLevelMtls": {}}).port_level_mtls == {}


def test_a_port_may_be_written_as_a_number_in_yaml() -> None:
    (document,) = documents("metadata: {name: x}\nspec: {portLevelMtls: {8080: {mode: STRICT}}}")
    assert isinstance(document, Document)
    assert msgspec.convert(document.value, policy_wire.PeerAuthentication).fact().port_level_mtls == {8080: "STRICT"}


@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from([None, "", "status", "scale"])), max_size=6))
def test_the_last_change_is_not_that_of_its_status(writes: list[tuple[int, str | None]]) -> None:
    moments = [(NEW_YEAR + timedelta(seconds=seconds), part) for seconds, part in writes]
    fields = [{"time": moment.isoformat(), "subresource": part, "manager": "x"} for moment, part in moments]
    found = peer(managedFields=fields, creationTimestamp="2025-01-01T00:00:00Z")
    assert found.changed == max((moment for moment, part in moments if part != "status"), default=None)
    assert found.created == datetime(2025, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("of", "spec"),
    [
        (policy_wire.AuthorizationPolicy, {"rules": {}}),
        (policy_wire.AuthorizationPolicy, {"rules": [{"to": [{"operation": {"ports": [80]}}]}]}),
        (policy_wire.AuthorizationPolicy, {"rules": [{"from": [{"source": {"principals": "a"}}]}]}),
        (policy_wire.AuthorizationPolicy, {"targetRefs": GATEWAY}),
        (policy_wire.AuthorizationPolicy, {"action": True}),
        (policy_wire.PeerAuthentication, {"mtls": "STRICT"}),
        (policy_wire.PeerAuthentication, {"portLevelMtls": {"http": {"mode": "STRICT"}}}),
        (policy_wire.PeerAuthentication, {"portLevelMtls": {"80\n": {"mode": "STRICT"}}}),
        (policy_wire.PeerAuthentication, {"portLevelMtls": {"80": "STRICT"}}),
        (policy_wire.PeerAuthentication, {"selector": {"matchLabels": ["app"]}}),
    ],
)
def test_a_wrong_type_is_told(of: Any, spec: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        read(of, spec)


def test_every_policy_that_a_real_istiod_judged_can_be_read() -> None:
    """And nothing of it is lost: each text in its spec stands in the fact too."""
    kinds = {
        "AuthorizationPolicy": policy_wire.AuthorizationPolicy,
        "PeerAuthentication": policy_wire.PeerAuthentication,
    }
    found = [o for mesh in cases("meshes") for o in mesh["objects"] if o["kind"] in kinds]
    assert len(found) > 1000
    for written in found:
        fact = read(kinds[written["kind"]], written.get("spec"), **written["metadata"])
        assert texts_in(written.get("spec", {})) <= texts_in(msgspec.to_builtins(fact))


def texts_in(value: Any) -> set[str]:
    if isinstance(value, dict):
        values = {str(key) for key in value if str(key)[:1].isdigit()}
        return values.union(*map(texts_in, value.values()))
    if isinstance(value, list | tuple):
        return set().union(*map(texts_in, value))
    return {value} if isinstance(value, str) else set()
