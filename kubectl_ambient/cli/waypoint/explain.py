"""`kubectl ambient waypoint explain`: which waypoint serves an object, rule by rule, and who goes past it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from kubectl_ambient.cli import settings
from kubectl_ambient.foreign import stacked
from kubectl_ambient.render.say import say
from kubectl_ambient.runs.output import check_format

if TYPE_CHECKING:
    from kubectl_ambient.runs.origin import Origin
    from kubectl_ambient.runs.waypoint.explain_source import WaypointExplanations
    from kubectl_ambient.shell.aim import Aim


def waypoint_explain(
    ctx: typer.Context,
    target: Annotated[list[str], settings.targets("svc/cart, pod web-1, ns shop, …")],
    selector: settings.Selector = "",
    *,
    files: settings.Files,
    output: settings.Output = "",
    chunk_size: settings.ChunkSize = None,
    assumptions: settings.Assumptions = False,
) -> None:
    """Tell which waypoint serves an object, or why none does, rule by rule, who goes past it, and what to do.

    A namespace is summed up over what is in it.
    """
    from kubectl_ambient.runs.waypoint.explain_source import WaypointExplainRequest, read_waypoint_explanations

    check_format(output, settings.FORMATS_EXPLAIN)
    request = WaypointExplainRequest.of(
        files.origin(ctx, chunk_size, assumptions=assumptions),
        target,
        label_selector=selector,
    )
    found = read_waypoint_explanations(request)
    if output in ("json", "yaml"):
        if found.objects or found.namespaces or not found.problems:
            _print_document(found, output, request.origin.aim)
    elif output == "name":
        _print_names(found)
    else:
        _print_text(found, request.origin)
    code = found.tell_problems()
    if code:
        raise typer.Exit(code)


def _print_document(found: WaypointExplanations, output: str, aim: Aim) -> None:
    from kubectl_ambient.render.documents import as_text
    from kubectl_ambient.render.waypoint import explain_documents as documents

    if len(found.objects) == 1 and not found.several:
        document = documents.waypoint_explanation(found.objects[0], found.assumptions, aim)
    else:
        document = documents.waypoint_explanation_list(found.objects, found.namespaces, found.assumptions, aim)
    say(as_text(document, output))


def _print_names(found: WaypointExplanations) -> None:
    from kubectl_ambient.kube.resources import find_resource

    for use in found.namespaces:
        say(f"namespace/{use.name}")
    for explained in found.objects:
        say(f"{find_resource(explained.binding.kind).name_for_output}/{explained.binding.name}")


def _print_text(found: WaypointExplanations, origin: Origin) -> None:
    from kubectl_ambient.render.terminal import Paint, colours, text_width
    from kubectl_ambient.render.waypoint.explain import explanation, namespace_text

    paint, width = Paint(colours(), origin.aim), text_width()
    texts = [namespace_text(use, width=width, paint=paint) for use in found.namespaces]
    texts += [explanation(explained, width=width, paint=paint) for explained in found.objects]
    if texts:
        say(stacked(texts, f"\n\n{'─' * min(width, 80)}\n"))
    found.tell_beside(origin, assumed=bool(texts))
