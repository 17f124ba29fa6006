"""Istio's own installation, whole or in parts, in any version, with any settings."""

from __future__ import annotations

from collections.abc import Iterator

from tests.fuzz.dice import Dice
from tests.fuzz.pods import container, spec, status
from tests.fuzz.words import NODES, TIMES, Fields, filled, labels, metadata
from tests.fuzz.workloads import workload
from tests.mesh.builders import DEFAULT_SELECTORS

VERSIONS = (
    "1.30.3",
    "1.22.0",
    "1.22.2",
    "1.23.6",
    "1.24.4",
    "1.24.6",
    "1.25.1",
    "1.27.0",
    "1.31.0",
    "1.40.0",
    "latest",
)
_SELECTORS = (
    DEFAULT_SELECTORS,
    "- podSelector: {matchLabels: {team: a}}",
    "- namespaceSelector: {}",
    "- podSelector: {matchExpressions: [{key: app, operator: Near}]}",
    "- &a [*a]",
    "podSelector: {}",
    "[" * 300,
    "- podSelector: {matchLabels: {a: 1e3, b: 0x10, c: ~, d: yes}}",
    "[]",
    "\t",
    "---\n---\n",
)
_SETTINGS: dict[str, tuple[str, ...]] = {
    "CURRENT_AGENT_VERSION": VERSIONS,
    "AMBIENT_ENABLED": ("true", "true", "True", "1", "false", "yes", ""),
    "EXCLUDE_NAMESPACES": ("kube-system", "shop, pay", ",,", ""),
    "EXCLUDED_NAMESPACES": ("kube-system", "pay"),
    "AMBIENT_ENABLEMENT_SELECTOR": _SELECTORS,
    "cni_network_config": (
        '{"ambient_enabled": true, "kubernetes": {"exclude_namespaces": ["kube-system", 1]}}',
        '{"ambient_enabled": "true", "kubernetes": []}',
        "[]",
        "{",
    ),
}
_INJECTORS = (
    "policy: enabled\ntemplates:\n  sidecar: |\n    x: {{ .y }}\n",
    "policy: disabled\nneverInjectSelector:\n- matchLabels: {team: x}\n",
    "alwaysInjectSelector:\n- matchExpressions: [{key: app, operator: Exists}]\npolicy: disabled\n",
    '{"policy": "disabled"}',
    "policy: [",
    "neverInjectSelector: 5",
)
_RULES = (
    {"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]},
    {"operations": ["*"], "apiGroups": ["*"], "apiVersions": ["*"], "resources": ["*/*"]},
    {"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["services"]},
)
_EXPRESSIONS = (
    {"key": "istio.io/rev", "operator": "DoesNotExist"},
    {"key": "istio-injection", "operator": "In", "values": ["enabled"]},
    {"key": "sidecar.istio.io/inject", "operator": "NotIn", "values": ["false"]},
    {"key": "istio.io/dataplane-mode", "operator": "Exists"},
)
_HOOKS = ("rev.namespace.sidecar-injector.istio.io", "object.sidecar-injector.istio.io", "x.example.com")
_PROGRAMS = {"istio-cni-node": ("k8s-app", "install-cni"), "ztunnel": ("app", "ztunnel")}


def _labelled(found: Fields, more: Fields) -> Fields:
    found["metadata"]["labels"] = {**found["metadata"].get("labels", {}), **more}
    return found


def cni_config(dice: Dice, namespace: str) -> Fields:
    """The ConfigMap of istio-cni, with who wrote what and when."""
    inner = metadata(dice, "istio-cni-config", namespace)
    if dice.rarely(True):
        owned: Fields = dice.pick(({"f:data": {}}, {"f:metadata": {"f:labels": {}}}))
        inner["managedFields"] = [{"manager": "helm", "time": dice.pick(TIMES), "fieldsV1": owned}]
    data = {key: dice.pick(values) for key, values in _SETTINGS.items() if dice.count(0, 1)}
    if dice.rarely(True):
        data[dice.pick(tuple(_SETTINGS))] = dice.text()
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": inner, **filled({"data": data})}


def injector(dice: Dice, namespace: str, revision: str = "") -> Fields:
    """The ConfigMap of the sidecar injector."""
    name = "istio-sidecar-injector" + (f"-{revision}" if revision else "")
    config = dice.pick(_INJECTORS) if dice.mostly() else dice.text()
    data = dice.pick(({"config": config}, {"config": config}, {"values": "{}"}, {}))
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata(dice, name, namespace),
        **filled({"data": data}),
    }


def _image(dice: Dice, program: str) -> str:
    return f"docker.io/istio/{program}:{dice.pick(VERSIONS)}{dice.rarely('-distroless') or ''}"


def agent(dice: Dice, program: str, namespace: str, node: str, number: int) -> Fields:
    """The pod of an agent on a node; the image of some tells no version."""
    key, image = _PROGRAMS[program]
    inside = container(dice, "install-cni")
    if dice.mostly():
        inside["image"] = _image(dice, image)
    ready = {"type": "Ready", "status": dice.pick(("True", "True", "False")), "lastTransitionTime": TIMES[1]}
    found = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata(dice, f"{program}-{number}", namespace),
        "spec": {"containers": [inside], "nodeName": node},
        "status": {**status(dice), "phase": "Running" if dice.mostly() else "Failed", "conditions": [ready]},
    }
    return _labelled(found, {key: program})


def daemonset(dice: Dice, program: str, namespace: str) -> Fields:
    """The DaemonSet of an agent."""
    key, image = _PROGRAMS[program]
    found = workload(dice, "DaemonSet", namespace, program)
    found["spec"]["template"]["spec"]["containers"][0]["image"] = _image(dice, image)
    return _labelled(found, {key: program})


def istiod(dice: Dice, namespace: str, name: str) -> Fields:
    """A control plane."""
    found = workload(dice, "Deployment", namespace, name)
    found["spec"]["template"]["spec"] = spec(dice)
    if dice.mostly():
        found["spec"]["template"]["spec"]["containers"][0]["image"] = _image(dice, "pilot")
    return _labelled(found, {"app": "istiod", **filled({"istio.io/rev": dice.rarely("canary")})})


def _selector(dice: Dice) -> Fields:
    chosen = labels(dice, "istio-injection", "istio.io/rev", most=1)
    return filled({"matchLabels": chosen, "matchExpressions": dice.many(lambda: dice.pick(_EXPRESSIONS), 2)})


def _hook(dice: Dice) -> Fields:
    conditions = [{"name": "x", "expression": "true"}] if dice.rarely(True) else []
    return {
        "name": dice.pick(_HOOKS),
        "rules": [dice.pick(_RULES)],
        "namespaceSelector": _selector(dice),
        "objectSelector": _selector(dice),
        **filled({"matchConditions": conditions}),
    }


def webhooks(dice: Dice, name: str) -> Fields:
    """A MutatingWebhookConfiguration: mostly the injector's."""
    found = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": metadata(dice, name, "", "istio.io/rev", "istio.io/tag"),
        **filled({"webhooks": dice.many(lambda: _hook(dice), 2)}),
    }
    return _labelled(found, {"app": "sidecar-injector"}) if dice.mostly() else found


def installation(dice: Dice, *, full: bool) -> Iterator[Fields]:
    """What of Istio a cluster has. `full`: at least one of each kind that is looked for by name."""

    def there() -> bool:
        return full or dice.mostly()

    homes = dice.pick((("istio-system",), ("istio-system",), ("istio-system", "kube-system")))
    for home in homes:
        if there():
            yield cni_config(dice, home)
        if there():
            yield daemonset(dice, "istio-cni-node", home)
        if there():
            yield injector(dice, home)
        if dice.rarely(True):
            yield daemonset(dice, "ztunnel", home)
        if dice.rarely(True):
            yield injector(dice, home, "canary")
        for program in _PROGRAMS:
            for number in range(dice.pick((1, 0, 1, 2))):
                yield agent(dice, program, home, dice.pick(NODES), number)
    for name in ("istiod", "istiod-canary")[: dice.pick((1, 1, 1, 2))]:
        if there():
            yield istiod(dice, homes[0], name)
    for name in ("istio-sidecar-injector", "istio-revision-tag-default")[: dice.pick((1, 1, 2))]:
        if there():
            yield webhooks(dice, name)
