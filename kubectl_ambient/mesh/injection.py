"""Will the next pod get a sidecar? Decided as the API server and istiod's injector do, in two stages.

Stage A: the webhooks' own selectors, on the labels of the namespace and of the pod. Stage B: istiod's
injectRequired. Neither knows ambient: no selector and no line of it mentions `istio.io/dataplane-mode`.
Source: mutatingwebhook.yaml and revision-tags of the istiod chart; pkg/kube/inject: inject.go, initializer.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from msgspec import Struct, structs

from kubectl_ambient.cluster.facts import Annotations, LabelSelector, Requirement, Unread
from kubectl_ambient.cluster.installation_facts import ConfigMap, Webhook
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.enrolment import goyaml
from kubectl_ambient.mesh.enrolment.enablement import selector_of
from kubectl_ambient.mesh.evidence import Evidence, label
from kubectl_ambient.mesh.installation import versions
from kubectl_ambient.mesh.installation.control_plane import running_versions
from kubectl_ambient.mesh.selectors import matches
from kubectl_ambient.shell.command import Command, kubectl, offered
from kubectl_ambient.shell.words import label as setting
from kubectl_ambient.shell.words import namespace

INJECTION = "istio-injection"
REVISION = "istio.io/rev"
INJECT = "sidecar.istio.io/inject"
IGNORED_NAMESPACES = ("kube-system", "kube-public", "kube-node-lease", "local-path-storage")


class Injector(Struct, frozen=True, kw_only=True):
    """What injects in this cluster.

    strict: the ways in which istiod may read `sidecar.istio.io/inject`. unread: why the webhooks are the documented
    ones, which are those of revision `default`.
    """

    webhooks: tuple[Webhook, ...]
    policies: dict[str, Policy]
    strict: tuple[bool, ...]
    unread: Unread | None = None
    assumptions: tuple[str, ...] = ()


class Policy(Struct, frozen=True):
    """The injector's ConfigMap: its policy, and the selectors that force a pod in or out."""

    enabled: bool = True
    never: tuple[LabelSelector, ...] = ()
    always: tuple[LabelSelector, ...] = ()


class Newborn(Struct, frozen=True, kw_only=True, gc=False):
    """A pod as it would be created. `namespace_labels` is None where the Namespace could not be read.

    ref, path: the object that its labels come from, and the field that holds them (`spec.template.metadata`).
    """

    namespace: str
    namespace_labels: dict[str, str] | None
    ref: str
    path: str = "metadata"
    labels: dict[str, str]
    annotations: Annotations
    host_network: bool


class Injection(Struct, frozen=True, gc=False):
    """The answer: None where it cannot be told, and why; the evidence is what asks for the sidecar.

    stop: the command on the Namespace that keeps the sidecar away; None where no such one does.
    """

    injected: bool | None
    message: str
    evidence: tuple[Evidence, ...] = ()
    stop: Command | None = None


def _selector(*requirements: tuple[str, str, tuple[str, ...]]) -> LabelSelector:
    return LabelSelector(match_expressions=tuple(Requirement(key=k, operator=o, values=v) for k, o, v in requirements))


_NOT_FALSE = (INJECT, "NotIn", ("false",))
_DEFAULT_NAME = "istio-sidecar-injector"
DEFAULT_WEBHOOKS = (
    Webhook(
        configuration=_DEFAULT_NAME,
        name="rev.namespace.sidecar-injector.istio.io",
        revision="default",
        namespace_selector=_selector((REVISION, "In", ("default",)), (INJECTION, "DoesNotExist", ())),
        object_selector=_selector(_NOT_FALSE),
    ),
    Webhook(
        configuration=_DEFAULT_NAME,
        name="rev.object.sidecar-injector.istio.io",
        revision="default",
        namespace_selector=_selector((REVISION, "DoesNotExist", ()), (INJECTION, "DoesNotExist", ())),
        object_selector=_selector(_NOT_FALSE, (REVISION, "In", ("default",))),
    ),
    Webhook(
        configuration=_DEFAULT_NAME,
        name="namespace.sidecar-injector.istio.io",
        revision="default",
        namespace_selector=_selector((INJECTION, "In", ("enabled",))),
        object_selector=_selector(_NOT_FALSE),
    ),
    Webhook(
        configuration=_DEFAULT_NAME,
        name="object.sidecar-injector.istio.io",
        revision="default",
        namespace_selector=_selector((INJECTION, "DoesNotExist", ()), (REVISION, "DoesNotExist", ())),
        object_selector=_selector((INJECT, "In", ("true",)), (REVISION, "DoesNotExist", ())),
    ),
)


def injector(snapshot: Snapshot) -> Injector:
    """The injection webhooks, policies and istiod versions of the snapshot, with what had to be taken for granted."""
    assumptions = []
    webhooks, unread = tuple(snapshot.webhooks.known), snapshot.webhooks.refusal
    if unread:
        assumptions.append(f"sidecars are taken to be injected by Istio's default webhooks: {unread}")
        webhooks = DEFAULT_WEBHOOKS
    if snapshot.injectors.refusal and webhooks:
        assumptions.append(f"the injector is taken to have its default policy: {snapshot.injectors.refusal}")
    strict = sorted({versions.strict_inject_values(version) for version in running_versions(snapshot)})
    return Injector(
        webhooks=webhooks,
        policies={_revision_of(c): _policy(c.data.get("config", "")) for c in snapshot.injectors.known},
        strict=tuple(strict) or (False, True),
        unread=unread,
        assumptions=tuple(assumptions),
    )


def _revision_of(config: ConfigMap) -> str:
    return config.labels.get(REVISION) or config.name.removeprefix(_DEFAULT_NAME).lstrip("-") or "default"


@lru_cache(maxsize=16)
def _policy(text: str) -> Policy:
    try:
        fields = goyaml.fields(goyaml.compose(text), "the injector's config")
        policies = [goyaml.text(value, "policy") for value in fields.get("policy", ())]
        return Policy(
            enabled="disabled" not in policies[-1:],
            never=_selectors(fields, "neverinjectselector"),
            always=_selectors(fields, "alwaysinjectselector"),
        )
    except goyaml.Refused:
        return Policy()


def _selectors(fields: Mapping[str, list[goyaml.Node]], key: str) -> tuple[LabelSelector, ...]:
    entries = [entry for node in fields.get(key, ())[-1:] for entry in goyaml.items(node, key)]
    return tuple(selector_of([entry], key) for entry in entries)


def inject(newborn: Newborn, by: Injector) -> Injection:
    """Whether a pod created like this gets a sidecar, by what, and how to stop that."""
    found = _inject(newborn, by)
    return structs.replace(found, stop=_stop(newborn, by)) if found.injected else found


def _stop(newborn: Newborn, by: Injector) -> Command | None:
    """Where one label is taken away another may take over: `istio.io/rev`, or a webhook for every namespace.

    `istio-injection=disabled` stops all of Istio's webhooks, and leaves `istio.io/rev` to the namespace's waypoints.
    """
    labels = newborn.namespace_labels
    if labels is None or INJECT in newborn.labels or REVISION in newborn.labels:
        return None
    without = {key: value for key, value in labels.items() if key != INJECTION}
    ways: list[tuple[str | None, dict[str, str]]] = [(None, without)] if INJECTION in labels else []
    ways.append(("disabled", {**labels, INJECTION: "disabled"}))
    for value, changed in ways:
        if _inject(structs.replace(newborn, namespace_labels=changed), by).injected is False:
            return stopped(newborn.namespace, value, overwrite=value is not None and INJECTION in labels)
    return None


def stopped(home: str, value: str | None, *, overwrite: bool = False) -> Command | None:
    """The command that sets `istio-injection` on a Namespace, or takes it off."""
    flags = ("--overwrite",) if overwrite else ()
    return offered(kubectl("label namespace", namespace(home), setting(INJECTION, value), *flags))


def _inject(newborn: Newborn, by: Injector) -> Injection:
    """A template that carries `sidecar.istio.io/status` was injected by hand (`istioctl kube-inject`)."""
    if newborn.annotations.sidecar_status is not None:
        evidence = Evidence(newborn.ref, f"{newborn.path}.annotations[sidecar.istio.io/status]", "present")
        return Injection(True, "the pod template was injected by hand (istioctl kube-inject)", (evidence,))
    if newborn.host_network:
        return Injection(False, "the injector leaves pods on the host's network alone")
    if newborn.namespace in IGNORED_NAMESPACES:
        return Injection(False, f"the injector leaves namespace {newborn.namespace} alone")
    if not by.webhooks:
        return Injection(False, "no webhook of this cluster injects sidecars")
    if newborn.namespace_labels is None:
        return _without_namespace(newborn, by)
    called = [w for w in by.webhooks if _calls(w, newborn.namespace_labels, newborn.labels)]
    if not called:
        return _by_unknown_revision(newborn, by) or Injection(False, "no injection webhook selects it")
    for webhook in called:
        answers = {_required(newborn, by.policies.get(webhook.revision or "default", Policy()), s) for s in by.strict}
        if answers == {True}:
            if webhook.conditional:
                return Injection(None, f"webhook {webhook.name} has matchConditions, which are not evaluated here")
            return Injection(True, _because(newborn, webhook), _evidence(newborn, webhook))
        if len(answers) > 1:
            return Injection(None, f"istiod's versions read {INJECT} differently, and its version is not known")
    return Injection(False, "the injector declines it", _declined(newborn))


def _without_namespace(newborn: Newborn, by: Injector) -> Injection:
    """The labels of the pod can rule every webhook out, whatever the namespace says."""
    if not any(matches(w.object_selector, newborn.labels) for w in by.webhooks):
        return Injection(False, "no injection webhook selects its labels")
    if not any(_required(newborn, policy, s) for policy in (by.policies.values() or [Policy()]) for s in by.strict):
        return Injection(False, "the injector declines it", _declined(newborn))
    return Injection(None, f"the labels of namespace {newborn.namespace} could not be read")


def _by_unknown_revision(newborn: Newborn, by: Injector) -> Injection | None:
    """Where the webhooks could not be read, another revision than `default` may or may not be there."""
    labels = newborn.namespace_labels or {}
    revision = labels.get(REVISION) or newborn.labels.get(REVISION)
    if by.unread is None or not revision or INJECTION in labels or newborn.labels.get(INJECT) == "false":
        return None
    if revision == "default" or not any(_required(newborn, Policy(), s) for s in by.strict):
        return None
    return Injection(None, f"whether revision {revision} injects sidecars could not be read: {by.unread}")


def _calls(webhook: Webhook, namespace_labels: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    return matches(webhook.namespace_selector, namespace_labels) and matches(webhook.object_selector, labels)


def _required(newborn: Newborn, policy: Policy, strict: bool) -> bool:
    """injectRequired: the pod's own word (label before annotation), never, always, then the policy.

    From 1.27.0 only `true` and `false` are words, the rest counts as unset; before, `y`, `yes`, `true` and `on`
    in any case mean yes, and every other text but the empty one means no.
    """
    word = newborn.labels.get(INJECT, newborn.annotations.inject)
    if word == "true" or (not strict and (word or "").lower() in ("y", "yes", "true", "on")):
        return True
    if word == "false" or (not strict and word):
        return False
    if any(not s.empty and matches(s, newborn.labels) for s in policy.never):
        return False
    if any(not s.empty and matches(s, newborn.labels) for s in policy.always):
        return True
    return policy.enabled


def _because(newborn: Newborn, webhook: Webhook) -> str:
    labels = newborn.namespace_labels or {}
    if webhook.name.startswith("namespace."):
        return f"namespace label {INJECTION}={labels.get(INJECTION, '')}"
    if webhook.name.startswith("rev.namespace."):
        return f"namespace label {REVISION}={labels.get(REVISION, '')} (revision {webhook.revision or 'default'})"
    if webhook.name.startswith("rev.object."):
        return f"pod label {REVISION}={newborn.labels.get(REVISION, '')} (revision {webhook.revision or 'default'})"
    if webhook.name.startswith("object."):
        return f"pod label {INJECT}={newborn.labels.get(INJECT, '')}"
    if webhook.name.startswith("auto."):
        return "every namespace is injected here (enableNamespacesByDefault)"
    return f"webhook {webhook.name} selects it"


def _evidence(newborn: Newborn, webhook: Webhook) -> tuple[Evidence, ...]:
    labels = newborn.namespace_labels or {}
    namespace = f"Namespace/{newborn.namespace}"
    shown = [Evidence(webhook.ref, "webhooks[].name", webhook.name)]
    for key in (INJECTION, REVISION):
        if key in labels:
            shown.append(label(namespace, key, labels[key]))
    for key in (INJECT, REVISION):
        if key in newborn.labels:
            shown.append(_on_pod(newborn, key))
    return tuple(shown)


def _declined(newborn: Newborn) -> tuple[Evidence, ...]:
    if INJECT in newborn.labels:
        return (_on_pod(newborn, INJECT),)
    if newborn.annotations.inject is not None:
        return (Evidence(newborn.ref, f"{newborn.path}.annotations[{INJECT}]", newborn.annotations.inject),)
    return ()


def _on_pod(newborn: Newborn, key: str) -> Evidence:
    return Evidence(newborn.ref, f"{newborn.path}.labels[{key}]", newborn.labels[key])
