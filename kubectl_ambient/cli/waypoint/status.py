"""`kubectl ambient waypoint status`: for every Service and its like, which waypoint serves it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from kubectl_ambient.cli import settings
from kubectl_ambient.foreign import stacked
from kubectl_ambient.render.say import say
from kubectl_ambient.runs.output import check_fail_on, check_format

if TYPE_CHECKING:
    from kubectl_ambient.mesh.waypoint.binding import Binding
    from kubectl_ambient.runs.waypoint.source import WaypointSource
    from kubectl_ambient.shell.aim import Aim

DRIFT = 3


def waypoint_status(
    ctx: typer.Context,
    names: Annotated[list[str] | None, settings.some_of("cart, svc/cart, pods, …")] = None,
    all_namespaces: settings.AllNamespaces = False,
    namespace_selector: settings.NamespaceSelector = "",
    show_all: Annotated[bool, settings.every("Also what has no waypoint and names none.")] = False,
    selector: settings.Selector = "",
    *,
    files: settings.Files,
    output: settings.Output = "",
    no_headers: settings.NoHeaders = False,
    fail_on: Annotated[list[str] | None, settings.fail_on("on drift, unknown, error, or any; may be repeated.")] = None,
    chunk_size: settings.ChunkSize = None,
    assumptions: settings.Assumptions = False,
) -> None:
    """Tell for every Service, ServiceEntry, Pod and WorkloadEntry which waypoint serves it, or why none does."""
    from kubectl_ambient.mesh.waypoint.summary import FAIL_ON, fails
    from kubectl_ambient.runs.waypoint.request import WaypointRequest
    from kubectl_ambient.runs.waypoint.source import read_waypoint_source

    check_format(output, settings.FORMATS_STATUS)
    conditions = check_fail_on(fail_on or (), FAIL_ON)
    request = WaypointRequest.of(
        files.origin(
            ctx,
            chunk_size,
            all_namespaces=all_namespaces,
            assumptions=assumptions,
            namespace_selector=namespace_selector,
        ),
        names or (),
        label_selector=selector,
    )
    source = read_waypoint_source(request)
    bindings = [source.judge.of(target) for target in source.targets]
    if output in ("", "wide"):
        whole = show_all or request.chosen
        _print_text(source, bindings, request.origin.aim, wide=output == "wide", headers=not no_headers, whole=whole)
    elif bindings or not source.problems:
        _print_data(source, bindings, output, request.origin.aim)
    source.tell_beside(request.origin)
    code = source.tell_problems()
    if fails(bindings, conditions):
        code = DRIFT
    if code:
        raise typer.Exit(code)


def _print_data(source: WaypointSource, bindings: Sequence[Binding], output: str, aim: Aim) -> None:
    from kubectl_ambient.kube.resources import find_resource
    from kubectl_ambient.render.documents import as_text
    from kubectl_ambient.render.waypoint.documents import waypoint_status_list

    if output == "name":
        for binding in bindings:
            say(f"{find_resource(binding.kind).name_for_output}/{binding.name}")
        return
    document = waypoint_status_list(bindings, source.assumptions, aim)
    say(as_text(document, output))


def _print_text(
    source: WaypointSource, bindings: Sequence[Binding], aim: Aim, *, wide: bool, headers: bool, whole: bool
) -> None:
    from kubectl_ambient.mesh.waypoint.summary import is_plain
    from kubectl_ambient.render.sentences import paragraphs, wrapped
    from kubectl_ambient.render.terminal import Paint, colours, text_width, width
    from kubectl_ambient.render.waypoint import status as text
    from kubectl_ambient.runs.told import tell_nothing_found

    if not bindings:
        if not source.problems:
            tell_nothing_found(source.namespace)
        return
    paint = Paint(colours(), aim)
    # One namespace shows its Services as they are; pods without a waypoint of their own are the rule.
    hidden = [] if whole else [b for b in bindings if is_plain(b) and (source.many or b.traffic == "workload")]
    left_out = {binding.ref for binding in hidden}
    shown = [binding for binding in bindings if binding.ref not in left_out]
    parts = []
    if shown:
        table = text.binding_table(
            shown, namespaced=source.many, wide=wide, headers=headers, width=width(), paint=paint
        )
        parts.append(table)
    if headers:
        sentences = (text.summary(bindings), text.left_out(hidden))
        told = [wrapped(sentence, text_width()) for sentence in sentences if sentence]
        told.append(text.notes(shown, namespaced=source.many, width=text_width(), paint=paint))
        parts.append(stacked(part for part in told if part))
    if parts:
        say(paragraphs(parts))
