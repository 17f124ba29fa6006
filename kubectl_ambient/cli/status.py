"""`kubectl ambient status`: for every pod, in or out, as intended or not."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from kubectl_ambient.cli import settings
from kubectl_ambient.runs.output import check_fail_on, check_format

if TYPE_CHECKING:
    from kubectl_ambient.runs.status import Source

DRIFT = 3


def status(
    ctx: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(metavar="[POD]...", help="Only these pods.")] = None,
    all_namespaces: settings.AllNamespaces = False,
    namespace_selector: settings.NamespaceSelector = "",
    pods: Annotated[bool, settings.pods("With -A: every pod, not a row for each namespace.")] = False,
    nodes: Annotated[bool, typer.Option("--nodes", help="A row for each node: its agents, and its pods.")] = False,
    *,
    selectors: settings.Selectors,
    files: settings.Files,
    output: settings.Output = "",
    no_headers: settings.NoHeaders = False,
    fail_on: settings.FailOn = None,
    watching: settings.Watching,
    wait: Annotated[bool, settings.wait("until nothing drifts, and tell how it is then")] = False,
    timeout: settings.Timeout = "",
    ztunnel: settings.Ztunnel = False,
    chunk_size: settings.ChunkSize = None,
    assumptions: settings.Assumptions = False,
) -> None:
    """Tell for every pod whether it is in ambient mode, and whether it should be."""
    from kubectl_ambient.kube.errors import UsageError
    from kubectl_ambient.mesh.summary import FAIL_ON, fails
    from kubectl_ambient.runs.listing import Listing
    from kubectl_ambient.runs.status import StatusRequest, read_status

    check_format(output, settings.FORMATS_STATUS)
    conditions = check_fail_on(fail_on or (), FAIL_ON)
    watching.check(conditions, output)
    watch = watching.watch
    patience = settings.patience(waits=wait, timeout=timeout)
    if wait and (watch or nodes):
        raise UsageError(f"error: --wait has an end: it cannot go with {'--watch' if watch else '--nodes'}")
    if nodes and (names or pods or watch or namespace_selector or selectors.selector or selectors.field_selector):
        raise UsageError("error: --nodes tells of all nodes: it goes with no names, no selector, --pods or --watch")
    if ztunnel and (watch or nodes):
        raise UsageError("error: --ztunnel asks once: it goes with neither --watch nor --nodes")
    request = StatusRequest.of(
        files.origin(
            ctx,
            chunk_size,
            all_namespaces=all_namespaces or nodes,
            assumptions=assumptions,
            namespace_selector=namespace_selector,
        ),
        names or (),
        label_selector=selectors.selector,
        field_selector=selectors.field_selector,
        follows="--watch" if watch else "--wait" if wait else "",
        waypoints=output in ("wide", "json", "yaml") and not nodes,
        gateways=(all_namespaces or bool(namespace_selector)) and not (output or pods or nodes or no_headers),
        ztunnel=ztunnel,
    )
    source = read_status(request.before_waiting if wait else request)
    if nodes:
        _tell_nodes(source, output, headers=not no_headers, conditions=conditions)
        return
    show = Listing(
        output=output,
        headers=not no_headers,
        pods=pods or bool(output),
        namespaced=source.many,
        watch=watch,
        timestamps=watching.timestamps,
    )
    waited = None
    if wait and source.pods:
        from kubectl_ambient.runs.waiting.status import StatusWait

        waiting = StatusWait(request.before_waiting, source, conditions, patience)
        waited = waiting.run()
        source = read_status(request) if ztunnel else waiting.source
    verdicts = source.sums() if show.only_sums and not (watch or ztunnel) else source.verdicts()
    show.print(source, verdicts)
    source.tell_remarks()
    if watch and (verdicts or not source.problems):
        from kubectl_ambient.runs.watching import watch_status

        source.tell_problems()
        sys.stdout.flush()  # into a pipe as well, the listing comes before the first change
        show.print_changes(source, verdicts, watch_status(source, output))
    code = source.tell_problems()
    if waited is not None and waiting.tell(waited):
        code = 1
    elif conditions and fails(verdicts, conditions, source.mesh_findings(verdicts)):
        code = DRIFT
    if code:
        raise typer.Exit(code)


def _tell_nodes(source: Source, output: str, *, headers: bool, conditions: Sequence[str]) -> None:
    from kubectl_ambient.mesh.summary import fails
    from kubectl_ambient.runs.nodes import print_nodes

    verdicts = source.sums()
    print_nodes(source, verdicts, output=output, headers=headers)
    code = source.tell_problems()
    if conditions and fails(verdicts, conditions, source.mesh_findings(verdicts)):
        code = DRIFT
    if code:
        raise typer.Exit(code)
