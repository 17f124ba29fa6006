"""Which pods ask for ambient: the enablement selectors (1.27+), and the labels of which they are a rewrite."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from kubectl_ambient.cluster.facts import DATAPLANE_MODE, LabelSelector, Requirement
from kubectl_ambient.mesh.enrolment import goyaml
from kubectl_ambient.mesh.selectors import matches, why_invalid


class Entry(Struct, frozen=True, gc=False):
    """One enablement selector: a pod matches when both match; an empty one matches everything."""

    pod: LabelSelector = LabelSelector()
    namespace: LabelSelector = LabelSelector()


BY_POD_LABEL = Entry(pod=LabelSelector(match_labels={DATAPLANE_MODE: "ambient"}))
BY_NAMESPACE_LABEL = Entry(
    pod=LabelSelector(match_expressions=(Requirement(key=DATAPLANE_MODE, operator="NotIn", values=("none",)),)),
    namespace=LabelSelector(match_labels={DATAPLANE_MODE: "ambient"}),
)
# The chart's default since 1.27, and what was hard-coded before [cni/pkg/util: podutil.go, enablement_selector.go].
DEFAULT = (BY_POD_LABEL, BY_NAMESPACE_LABEL)


class Invalid(Struct, frozen=True, gc=False):
    """Selectors that Istio refuses, and why. A new agent does not start, a running one keeps what it had."""

    why: str


def parse(text: str) -> tuple[Entry, ...] | Invalid:
    """The entries of the ConfigMap key `AMBIENT_ENABLEMENT_SELECTOR`; none for an empty text.

    Source: cni/pkg/util/enablement_selector.go, read through sigs.k8s.io/yaml; validated by
    metav1.LabelSelectorAsSelector.
    """
    try:
        entries = tuple(_entry(node) for node in goyaml.items(goyaml.compose(text), "the enablement selectors"))
    except goyaml.Refused as refused:
        return Invalid(str(refused))
    for entry in entries:
        for kind, selector in (("podSelector", entry.pod), ("namespaceSelector", entry.namespace)):
            problem = why_invalid(selector)
            if problem:
                return Invalid(f"{kind}: {problem}")
    return entries


def _entry(node: goyaml.Node) -> Entry:
    found = goyaml.fields(node, "an enablement selector")
    return Entry(
        selector_of(found.get("podselector", ()), "podSelector"),
        selector_of(found.get("namespaceselector", ()), "namespaceSelector"),
    )


def selector_of(nodes: Iterable[goyaml.Node], what: str) -> LabelSelector:
    """A LabelSelector as Go reads it out of YAML, later values laid over earlier ones. Raises goyaml.Refused."""
    labels: dict[str, str] = {}
    expressions: list[goyaml.Node] = []
    for node in nodes:
        found = goyaml.fields(node, what)
        for value in found.get("matchlabels", ()):
            for key, label in goyaml.pairs(value, f"{what}.matchLabels").items():
                labels[key] = goyaml.text(label, f"{what}.matchLabels[{key}]")
        for value in found.get("matchexpressions", ()):
            expressions = goyaml.items(value, f"{what}.matchExpressions")
    return LabelSelector(
        match_labels=labels,
        match_expressions=tuple(_requirement(node, f"{what}.matchExpressions") for node in expressions),
    )


def _requirement(node: goyaml.Node, what: str) -> Requirement:
    found = goyaml.fields(node, what)

    def text(key: str) -> str:
        return next((goyaml.text(value, f"{what}.{key}") for value in reversed(found.get(key, ()))), "")

    values: list[goyaml.Node] = []
    for value in found.get("values", ()):
        values = goyaml.items(value, f"{what}.values")
    return Requirement(
        key=text("key"),
        operator=text("operator"),
        values=tuple(goyaml.text(value, f"{what}.values") for value in values),
    )


def asks(
    entries: tuple[Entry, ...], labels: Mapping[str, str], namespace_labels: Mapping[str, str] | None
) -> Entry | bool | None:
    """Which entry selects the pod: that entry, False where none does, None where the namespace would decide.

    `namespace_labels` is None where the Namespace could not be read. The first entry that selects is named;
    entries are ORed, so the order changes nothing else [enablement_selector.go: Matches].
    """
    open_question = False
    for entry in entries:
        if not matches(entry.pod, labels):
            continue
        if entry.namespace.empty:
            return entry
        if namespace_labels is None:
            open_question = True
        elif matches(entry.namespace, namespace_labels):
            return entry
    return None if open_question else False
