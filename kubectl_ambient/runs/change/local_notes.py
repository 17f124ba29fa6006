"""What is to be known of labels in files before they are applied: sidecars beside ambient, and what is left alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from kubectl_ambient.change.notes import sidecars_too
from kubectl_ambient.change.plan import Edit
from kubectl_ambient.change.targets import printed
from kubectl_ambient.change.words import grouped, verb
from kubectl_ambient.cluster.editing.manifests import Labelled
from kubectl_ambient.cluster.facts import DATAPLANE_MODE, NO_ANNOTATIONS, Namespace, Pod
from kubectl_ambient.cluster.taking import not_in_files
from kubectl_ambient.mesh.few import few
from kubectl_ambient.mesh.injection import DEFAULT_WEBHOOKS, Injection, Injector, Newborn, inject
from kubectl_ambient.render.change import wrapped
from kubectl_ambient.shell.aim import Aim
from kubectl_ambient.shell.command import joined

_NAMES = 10
_INJECTOR = Injector(
    webhooks=DEFAULT_WEBHOOKS,
    policies={},
    strict=(False, True),
    unread=not_in_files("list mutatingwebhookconfigurations"),
)


def sidecars(edits: Sequence[Edit], namespaces: Mapping[str, dict[str, str]], aim: Aim, width: int) -> Iterator[str]:
    """Who asks for both modes, as `enable` tells it on a cluster; `namespaces` are the labels of those in the files.

    What injects is not in the files: Istio's documented webhooks are taken for it.
    """
    asking = [(edit, found) for edit in edits if edit.after == "ambient" and (found := _next(edit, namespaces))]
    certain = [(edit, found) for edit, found in asking if found.injected]
    by_why = grouped(((found.message, isinstance(edit.target, Namespace)), edit) for edit, found in certain)
    for (why, some_move), same in by_why.items():
        stops = {found.stop for edit, found in certain if edit in same}
        stop = stops.pop() if len(stops) == 1 else None
        asks = sidecars_too([printed(edit.target) for edit in same], why, some_move=some_move)
        yield wrapped("‼ ", joined(asks, ("; to end that: ", stop) if stop else ""), width, aim)
    for why, same in grouped((found.message, edit) for edit, found in asking if found.injected is None).items():
        names = few([printed(edit.target) for edit in same])
        yield wrapped("‼ ", f"whether {names} {verb(len(same), 'get')} a sidecar too cannot be told: {why}", width)


def _next(edit: Edit, namespaces: Mapping[str, dict[str, str]]) -> Injection | None:
    """Whether the next pod by an edit gets a sidecar; None of a Pod, which is there already."""
    target = edit.target
    if isinstance(target, Pod):
        return None
    of_namespace = isinstance(target, Namespace)
    home = target.name if isinstance(target, Namespace) else target.namespace
    newborn = Newborn(
        namespace=home,
        namespace_labels=target.labels if isinstance(target, Namespace) else namespaces.get(home, {}),
        ref=printed(target),
        labels={} if isinstance(target, Namespace) or target.template is None else target.template.labels,
        annotations=NO_ANNOTATIONS,
        host_network=False,
    )
    found = inject(newborn, _INJECTOR)
    return found if of_namespace or found.injected else None


def left_alone(edits: Sequence[Edit], others: Sequence[Labelled], width: int) -> Iterator[str]:
    """The pod templates that get no label because Namespaces do: those elsewhere, and those whose own label wins."""
    labelled = {edit.target.name: edit.after for edit in edits}
    elsewhere = [_name(found) for found in others if found.namespace not in labelled]
    if elsewhere:
        why = "the label goes on Namespaces only, where files hold any, and these are not in one of them"
        yield wrapped(
            "", f"not labeled: {few(elsewhere, _NAMES)}: {why}. Name them, or choose them with -n or -l", width
        )
    for found in others:
        own, above = found.labels.get(DATAPLANE_MODE), labelled.get(found.namespace)
        if own in ("ambient", "none") and above is not None and own != above:
            where = "" if found.kind == "Pod" else " in its pod template"
            yield wrapped(
                "", f"{_name(found)} keeps {DATAPLANE_MODE}={own}{where}, which wins over its Namespace's", width
            )


def _name(found: Labelled) -> str:
    return f"{found.kind} {found.namespace}/{found.name}"
