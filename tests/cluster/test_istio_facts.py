"""Facts of Istio's ConfigMaps and webhooks, and of Events, from objects as odd as they come."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kubectl_ambient.cluster import facts, installation_facts
from kubectl_ambient.cluster.facts import LabelSelector, Requirement
from kubectl_ambient.cluster.kinds.configmaps import ConfigMap, injector_settings
from kubectl_ambient.cluster.kinds.events import Event
from kubectl_ambient.cluster.kinds.webhooks import MutatingWebhookConfiguration
from tests.cluster import manifests_of as m

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


def test_when_a_configmap_changed() -> None:
    def changed(*fields: m.Manifest) -> datetime | None:
        manifest = m.configmap("istio-cni-config", metadata={"managedFields": [*fields]})
        return msgspec.convert(manifest, ConfigMap).fact().changed

    older = {"time": "2026-01-01T00:00:00Z", "fieldsV1": {"f:data": {"f:A": {}}}}
    newer_labels = {"time": "2026-05-01T00:00:00Z", "fieldsV1": {"f:metadata": {"f:labels": {}}}}
    newer = {"time": "2026-02-01T00:00:00Z", "fieldsV1": {"f:data": {}}}
    assert changed(older, newer_labels) == NEW_YEAR
    assert changed(older, newer) == datetime(2026, 2, 1, tzinfo=UTC)
    assert changed(newer_labels) is None
    assert changed() is None
    assert changed({"fieldsV1": {"f:data": {}}}) is None


INJECTOR = """# defaultTemplates defines the default template to use
defaultTemplates: [sidecar]
policy: disabled   # of the mesh
alwaysInjectSelector:
- matchLabels: {a: b}

  # in between
neverInjectSelector:
  - matchExpressions:
    - {key: job, operator: Exists}
injectedAnnotations:
templates:
  sidecar: |
    policy: enabled
    alwaysInjectSelector: []
"""


def test_an_injector_without_its_templates() -> None:
    manifest = m.configmap("istio-sidecar-injector", data={"config": INJECTOR, "values": "{}"})
    fact = msgspec.convert(manifest, ConfigMap).fact()
    start, end = INJECTOR.index("policy"), INJECTOR.index("injectedAnnotations")
    assert fact.data == {"config": INJECTOR[start:end]}
    other = msgspec.convert(m.configmap("istio-cni-config", data={"config": INJECTOR}), ConfigMap).fact()
    assert other.data == {"config": INJECTOR}


@pytest.mark.parametrize("text", ["", '{"policy": "enabled"}', "policy: enabled", "policy: enabled\n", "x: y\n"])
def test_short_injector_settings(text: str) -> None:
    assert injector_settings(text) == ("" if text == "x: y\n" else text)


@settings(deadline=None)
@given(st.lists(st.sampled_from(INJECTOR.splitlines(keepends=True))))
def test_shortening_is_idempotent(lines: list[str]) -> None:
    once = injector_settings("".join(lines))
    assert injector_settings(once) == once


def hooks(**fields: Any) -> list[installation_facts.Webhook]:
    return msgspec.convert(m.webhooks(**fields), MutatingWebhookConfiguration).injectors()


def rule(**changed: list[str]) -> m.Manifest:
    whole = {"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}
    return {"rules": [{**whole, **changed}]}


def test_a_webhook_and_its_selectors() -> None:
    (hook,) = hooks(
        name="istio-revision-tag-prod",
        revision="canary",
        labels={"istio.io/tag": "prod"},
        webhook={
            "namespaceSelector": {"matchExpressions": [{"key": "istio.io/rev", "operator": "In", "values": ["prod"]}]},
            "objectSelector": None,
            "matchConditions": [{"name": "x", "expression": "true"}],
        },
    )
    assert hook == installation_facts.Webhook(
        configuration="istio-revision-tag-prod",
        name="namespace.sidecar-injector.istio.io",
        revision="canary",
        tag="prod",
        namespace_selector=LabelSelector(
            match_expressions=(Requirement(key="istio.io/rev", operator="In", values=("prod",)),)
        ),
        object_selector=LabelSelector(),
        conditional=True,
    )


@pytest.mark.parametrize(
    ("webhook", "calls"),
    [
        (rule(), True),
        (rule(operations=["*"], apiGroups=["*"], apiVersions=["*"], resources=["*"]), True),
        (rule(resources=["*/*"]), True),
        (rule(resources=["pods/*"]), True),
        (rule(resources=["pods/ephemeralcontainers"]), False),
        (rule(operations=["UPDATE"]), False),
        (rule(apiGroups=["apps"]), False),
        (rule(apiVersions=["v2"]), False),
        ({"rules": None}, False),
        ({"rules": [*rule(operations=["UPDATE"])["rules"], *rule()["rules"]]}, True),
    ],
)
def test_only_webhooks_that_are_called_for_new_pods(webhook: m.Manifest, calls: bool) -> None:
    assert bool(hooks(webhook=webhook)) is calls


def test_only_istio_s_webhooks() -> None:
    assert hooks(labels={"app": "other"}), "by the name of the webhook"
    assert not hooks(labels={"app": "other"}, webhook={"name": "mutate.kyverno.svc"})
    assert not hooks(labels={"app": "other"}, webhook={"name": "validation.istio.io"})
    assert hooks(webhook={"name": "custom.example.com"}), "by the label of the configuration"


def test_events_about_pods_only() -> None:
    def fact(**changed: Any) -> facts.Event | None:
        return msgspec.convert({**m.event("web-1"), **changed}, Event).fact("Pod")

    assert fact() == facts.Event(
        namespace="shop", name="web-1", reason="FailedCreatePodSandBox", message="no agent", last_seen=NEW_YEAR
    )
    assert fact(involvedObject={"kind": "Node", "name": "n1"}) is None
    repeated = fact(lastTimestamp=None, eventTime="2026-01-02T00:00:00.123456Z", series={"lastObservedTime": None})
    assert repeated is not None
    assert repeated.last_seen == datetime(2026, 1, 2, 0, 0, 0, 123456, tzinfo=UTC)
