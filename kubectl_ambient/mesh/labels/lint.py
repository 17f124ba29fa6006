"""What is wrong with the labels and annotations of an object. One small function a mistake; the first one is told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from kubectl_ambient.cluster.kinds.labelled import TEMPLATED, Labelled, Refused
from kubectl_ambient.mesh.catalogue import Code, Severity
from kubectl_ambient.mesh.evidence import Evidence, Finding, label
from kubectl_ambient.mesh.labels.context import Context
from kubectl_ambient.mesh.labels.entry import (
    DATAPLANE_MODE,
    INJECT,
    INJECTION,
    USE_WAYPOINT,
    USE_WAYPOINT_NAMESPACE,
    Entry,
)
from kubectl_ambient.mesh.labels.fixes import instead, into_template, is_made, move, relabel
from kubectl_ambient.mesh.labels.gateways import gateway_modes
from kubectl_ambient.mesh.labels.meaning import misspelt
from kubectl_ambient.mesh.labels.reference import entry_of
from kubectl_ambient.mesh.labels.settings import Setting
from kubectl_ambient.mesh.labels.settings import settings as settings_of
from kubectl_ambient.mesh.labels.values import meant, problem
from kubectl_ambient.shell.command import Command


def lint(
    labelled: Labelled, settings: Sequence[Setting], namespace: Labelled | None, context: Context
) -> Iterator[Finding]:
    """All mistakes in these settings of an object; `namespace` is the one that it is in, where it could be read."""
    refused = {(r.field, r.key): r for r in labelled.refused}
    for setting in settings:
        field = setting.field.partition("[")[0]
        if found := refused.get((field, setting.key)):
            yield _refused(labelled, setting, found)
            continue
        for check in CHECKS:
            finding = check(labelled, setting, context)
            if finding is not None:
                yield _advised(labelled, finding)
                break
    yield from _copied(labelled, namespace, context)
    yield from gateway_modes(labelled, namespace, context)
    if labelled.kind == "Namespace":
        yield from _modes(labelled, context)


def _advised(of: Labelled, finding: Finding) -> Finding:
    """Where no command mends it, what does."""
    advice = "" if finding.fix else instead(of)
    return replace(finding, message=f"{finding.message}. {advice}") if advice else finding


def _refused(of: Labelled, setting: Setting, refused: Refused) -> Finding:
    """A key or a value that an API server does not take: the whole object is refused."""
    hint = ""
    if entry := misspelt(setting.key, setting.source):
        hint = f". It looks like {entry.key}"
    elif setting.key == USE_WAYPOINT and refused.value.count("/") == 1:
        namespace, _, name = refused.value.partition("/")
        hint = f". Write {USE_WAYPOINT}: {name} and {USE_WAYPOINT_NAMESPACE}: {namespace}"
    return Finding.of(
        Code.LABEL_REFUSED,
        f"{_shown(setting)} is refused by the API server: {_first_words(refused.why)}{hint}",
        _evidence(setting),
    )


def _first_words(why: str) -> str:
    """What is wrong, without the regular expression that the API server adds."""
    return why.partition(", and must start and end")[0].partition(" (e.g.")[0]


def _misspelt(of: Labelled, setting: Setting, context: Context) -> Finding | None:
    """A key that is nearly one of Istio's."""
    entry = misspelt(setting.key, setting.source, context.selector_keys)
    if entry is None or _is_custom(entry, context):
        return None
    held = _held(of, setting, entry.source)
    value = _valid(entry, setting.value, context)
    message = f"{_shown(setting)}: Istio does not know this key. It looks like {entry.key}"
    fix: Command | None
    if value is not None and _would_inject(of, entry, value):
        message += ", which would ask for sidecars beside ambient"
        fix = relabel(of, setting, {setting.key: None})
    elif entry.place(setting.kind) is None:
        message += f", which would do nothing on a {setting.kind}"
        fix = relabel(of, setting, {setting.key: None})
    elif entry.key in held:
        fix = relabel(of, setting, {setting.key: None})
    elif value is None:
        fix = None
    elif entry.source == setting.source:
        fix = relabel(of, setting, {entry.key: value, setting.key: None})
    else:
        fix = move(of, setting, key=entry.key, value=value, to=entry.source)
    if entry.source != setting.source:
        message += f", {_a(entry.source)}"
    return Finding.of(Code.KEY_MISSPELT, message, _evidence(setting), fix=fix, severity=_beside(entry.key in held))


def _wrong_source(of: Labelled, setting: Setting, context: Context) -> Finding | None:
    """A label that was set as an annotation, or the other way round: Istio looks in one place only."""
    if entry_of(setting.key, setting.source) is not None:
        return None
    entry = entry_of(setting.key, "label" if setting.source == "annotation" else "annotation")
    if entry is None or _is_custom(entry, context):
        return None
    held = _held(of, setting, entry.source)
    value = _valid(entry, setting.value, context)
    useless = entry.place(setting.kind) is None or entry.key in held
    if useless or (value is not None and _would_inject(of, entry, value)):
        fix: Command | None = relabel(of, setting, {setting.key: None})
    else:
        fix = move(of, setting, key=entry.key, value=value, to=entry.source) if value is not None else None
    message = f"{_shown(setting)} is set as {_a(setting.source)} and does nothing: Istio reads {_a(entry.source)}"
    code = Code.LABEL_IS_ANNOTATION if setting.source == "annotation" else Code.ANNOTATION_IS_LABEL
    return Finding.of(code, message, _evidence(setting), fix=fix, severity=_beside(entry.key in held))


def _beside(right: bool) -> Severity | None:
    """What does nothing is an error, unless the right one is set beside it and does it (`right`)."""
    return "warning" if right else None


def _misplaced(of: Labelled, setting: Setting, context: Context) -> Finding | None:
    """A key on a kind of object on which it has no effect."""
    entry = entry_of(setting.key, setting.source)
    if entry is None or entry.by_istio or entry.place(setting.kind) or _is_custom(entry, context):
        return None
    if setting.key in _ANYWHERE or (is_made(of) and of.kind not in TEMPLATED):
        return None  # a controller that copies what it was given to all that it makes, as Knative's do
    where = " or ".join(entry.kinds) if len(entry.kinds) < 3 else f"{', '.join(entry.kinds[:-1])} or {entry.kinds[-1]}"
    message = f"{_shown(setting)} does nothing on {_article(setting.kind)}: it belongs on {_article(where)}"
    fix = relabel(of, setting, {setting.key: None})
    if of.kind in TEMPLATED and setting.holder == "own" and entry.place("Pod"):
        held = of.template_labels if setting.source == "label" else of.template_annotations
        if held.get(setting.key) == setting.value:
            return None  # a tool that puts its labels on everything: the pods have it
        message = f"{_shown(setting)} does nothing on the {of.kind} itself: it belongs in its pod template"
        fix = into_template(of, setting) if setting.key not in held else fix
    elif setting.kind == "Gateway" and entry.place("Service"):
        copied = "does no more on a Gateway than to be copied to the Gateway's own Service"
        message = f"{_shown(setting)} {copied}: it belongs on {_article(where)}"
    elif setting.key == INJECT and setting.kind == "Namespace" and setting.source == "label":
        message = f"{_shown(setting)} does nothing on a Namespace: there it is {INJECTION}"
    return Finding.of(Code.KEY_MISPLACED, message, _evidence(setting), fix=fix)


# Keys that Istio's own tools and charts put on objects of all kinds, as a note.
_ANYWHERE = ("istio.io/rev", "topology.istio.io/network", "istio.io/global")


def _too_new(of: Labelled, setting: Setting, context: Context) -> Finding | None:
    """A key that the running version does not know yet."""
    entry = entry_of(setting.key, setting.source)
    place = entry.place(setting.kind) if entry else None
    if entry is None or place is None:
        return None
    newest = context.too_old_for(entry, place.since)
    if newest is None:
        return None
    since = f"{place.since.major}.{place.since.minor}"
    known = f"{entry.read_by} knows it on a {setting.kind} from {since} on, and is {newest} here"
    message = f"{_shown(setting)} does nothing: {known}"
    return Finding.of(Code.KEY_NOT_IN_VERSION, message, _evidence(setting))


def _value(of: Labelled, setting: Setting, context: Context) -> Finding | None:
    """A value outside the valid ones."""
    entry = entry_of(setting.key, setting.source)
    if entry is None or (entry.by_istio and not setting.value) or _is_custom(entry, context):
        return None
    wrong = problem(entry, setting.value, context.versions_of(entry), context.gateways)
    if not wrong:
        return None
    value = meant(entry, setting.value)
    if value is not None and _would_inject(of, entry, value):
        wrong, value = f"{wrong}: it counts as disabled", "disabled"
    fix = relabel(of, setting, {setting.key: value}) if value is not None and value != setting.value else None
    return Finding.of(Code.VALUE_UNKNOWN, f"{_shown(setting)}, which {wrong}", _evidence(setting), fix=fix)


def _incomplete(of: Labelled, setting: Setting, context: Context) -> Finding | None:
    """A label that is only read beside another one."""
    entry = entry_of(setting.key, setting.source)
    if entry is None or not entry.needs or entry.needs in _held(of, setting, "label"):
        return None
    message = f"{_shown(setting)} does nothing alone: it is only read beside {entry.needs} on the same object"
    return Finding.of(Code.LABEL_INCOMPLETE, message, _evidence(setting), fix=relabel(of, setting, {setting.key: None}))


CHECKS = (_misspelt, _wrong_source, _misplaced, _too_new, _value, _incomplete)


def _would_inject(of: Labelled, entry: Entry, value: str) -> bool:
    """Whether a mistake that is mended would bring sidecars to an ambient namespace."""
    return entry.key == INJECTION and value == "enabled" and of.labels.get(DATAPLANE_MODE) == "ambient"


# What Istio writes on pods, and what follows from a copy in the template of pods in ambient mode.
_WRITTEN_ON_PODS = {
    "ambient.istio.io/redirection": "every new pod is taken for redirected before it is",
    "networking.istio.io/tunnel": "the mesh takes the pods for proxies that speak HBONE themselves",
    "security.istio.io/tlsMode": "sidecars speak a TLS to the pods that ztunnel does not",
}


def _copied(of: Labelled, namespace: Labelled | None, context: Context) -> Iterator[Finding]:
    """What belongs to one pod was copied into the template; `istioctl kube-inject` does so for sidecars."""
    above = namespace.labels.get(DATAPLANE_MODE) if namespace else None
    mode = of.template_labels.get(DATAPLANE_MODE, above)
    by_hand = "sidecar.istio.io/status" in of.template_annotations
    if of.istios or by_hand or context.custom or mode == "none" or "ambient" not in (mode, above):
        return
    for setting in settings_of(of):
        follows = _WRITTEN_ON_PODS.get(setting.key)
        if follows is None or setting.holder != "template" or not setting.by_istio or setting.value == "disabled":
            continue
        message = f"{_shown(setting)} is Istio's to write on a pod. As a copy in the template, {follows}"
        fix = relabel(of, setting, {setting.key: None})
        finding = Finding.of(Code.COPIED_FROM_POD, message, _evidence(setting), fix=fix)
        yield _advised(of, finding)


def _modes(namespace: Labelled, context: Context) -> Iterator[Finding]:
    """A namespace that asks for ambient and for sidecars: its next pods get a sidecar, and that wins."""
    if namespace.istios or context.custom or namespace.labels.get(DATAPLANE_MODE) != "ambient":
        return
    asked = [key for key in (INJECTION, "istio.io/rev") if namespace.labels.get(key)]
    injection = context.injects(namespace) if asked else None
    if injection is None or not injection.injected:
        return
    key = asked[0]
    evidence = (label(namespace.ref, DATAPLANE_MODE, "ambient"), label(namespace.ref, key, namespace.labels[key]))
    asks = f"{namespace.ref} asks for ambient and, by {key}={namespace.labels[key]}, for sidecars"
    yield Finding.of(Code.BOTH_MODES, f"{asks}: its next pods get a sidecar, which wins", *evidence, fix=injection.stop)


def _is_custom(entry: Entry, context: Context) -> bool:
    """Under selectors of the cluster's own, what the mode's label means is theirs to say."""
    return entry.key == DATAPLANE_MODE and context.has_custom_selectors()


def _held(of: Labelled, setting: Setting, source: str) -> dict[str, str]:
    """The labels or the annotations of the object, or of the template, that this one stands on."""
    if setting.holder == "template":
        return of.template_labels if source == "label" else of.template_annotations
    return of.effective_labels if source == "label" else of.annotations


def _valid(entry: Entry, value: str, context: Context) -> str | None:
    """The value where it is valid, else the one that was meant, else None."""
    if not problem(entry, value, context.versions_of(entry), context.gateways):
        return value
    return meant(entry, value)


def _evidence(setting: Setting) -> Evidence:
    return Evidence(setting.ref, setting.field, setting.value)


def _shown(setting: Setting) -> str:
    """`Namespace/shop has istio.io/dataplane-mode=Ambient`."""
    value = setting.value if len(setting.value) <= 60 else f"{setting.value[:59]}…"
    return f"{_WHERE[setting.holder]}{setting.ref}: {setting.key}={value}"


_WHERE = {"own": "", "template": "the pod template of ", "spec": "spec.labels of "}


def _article(kind: str) -> str:
    return f"{'an' if kind[0] in 'AEIOU' else 'a'} {kind}"


def _a(source: str) -> str:
    return "a label" if source == "label" else "an annotation"
