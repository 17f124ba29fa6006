"""What `enable` and `disable` were asked for, checked before anything is read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from msgspec import Struct

from kubectl_ambient.kube.errors import UsageError
from kubectl_ambient.kube.field_selectors import parse_field_selector
from kubectl_ambient.kube.options import ConnectionOptions
from kubectl_ambient.kube.resources import Resource, Target, parse_targets
from kubectl_ambient.kube.selectors import parse_label_selector
from kubectl_ambient.runs.change.flags import Flags
from kubectl_ambient.runs.output import check_fail_on, check_format

DryRun = Literal["none", "client", "server"]
FORMATS = ("json", "name", "yaml")
FORMATS_OF_PLAN = ("json", "yaml")
FAIL_ON = ("warning", "error")
_LABELLED = {
    "Namespace",
    "Pod",
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "ReplicaSet",
    "ReplicationController",
    "Job",
    "CronJob",
}
_DRY_RUN: dict[str, DryRun] = {"none": "none", "client": "client", "server": "server"}
# kubectl still takes the booleans of old.
_TRUE, _FALSE = ("1", "t", "T", "true", "TRUE", "True"), ("0", "f", "F", "false", "FALSE", "False")


class ChangeRequest(Struct, frozen=True, kw_only=True):
    """Named objects (`targets`), or selected ones (`selected`, by the selectors or all of them).

    Without either, all that the files hold.
    """

    connection: ConnectionOptions
    flags: Flags
    dry_run: DryRun
    targets: tuple[Target, ...] = ()
    selected: tuple[Resource, ...] = ()

    @property
    def verb(self) -> str:
        """`enable` or `disable`."""
        return "enable" if self.flags.goal == "enable" else "disable"

    @classmethod
    def of(
        cls,
        connection: ConnectionOptions,
        words: Sequence[str],
        flags: Flags,
        check_kind: Callable[[Resource, Flags], None] | None = None,
    ) -> ChangeRequest:
        """Check what was typed; `check_kind` refuses resource types. Raises UsageError in kubectl's words."""
        check_format(flags.output, FORMATS_OF_PLAN if flags.plan else FORMATS)
        dry_run = _dry_run(flags.dry_run)
        check_fail_on(flags.fail_on, FAIL_ON)
        _check_selection(flags)
        _check_waiting(flags)
        _check_plan(flags)
        in_files = flags.local or (bool(flags.filenames) and not flags.plan)
        if in_files or flags.in_place:
            _check_local(flags, dry_run)
            if flags.all and not words:
                raise _error("--all needs a TYPE; without it, all that the files hold is meant anyway")
        elif not words:
            raise _error("one or more resources must be specified as <resource> <name> or <resource>/<name>")
        targets = parse_targets(words)
        for target in targets:
            (check_kind or _check_kind)(target.resource, flags)
        named = tuple(t for t in targets if t.name is not None)
        selected = tuple(t.resource for t in targets if t.name is None)
        if words:
            _check_names(named, selected, words, flags)
        return cls(connection=connection, flags=flags, dry_run=dry_run, targets=named, selected=selected)


def _error(text: str) -> UsageError:
    return UsageError(f"error: {text}")


def _dry_run(text: str) -> DryRun:
    found = _DRY_RUN.get("client" if text in _TRUE else "none" if text in _FALSE else text)
    if found is None:
        raise _error(f'Invalid dry-run value ({text}). Must be "none", "server", or "client".')
    return found


def _check_selection(flags: Flags) -> None:
    if flags.all and flags.label_selector:
        raise _error("cannot set --all and --selector at the same time")
    if flags.all and flags.field_selector:
        raise _error("cannot set --all and --field-selector at the same time")
    parse_label_selector(flags.label_selector)
    parse_field_selector(flags.field_selector)


def _check_waiting(flags: Flags) -> None:
    if flags.batch is not None and not flags.wait:
        raise _error("--batch goes with --wait: the next batch is changed when the one before has settled")
    if flags.batch is not None and flags.batch < 1:
        raise _error(f"--batch must be at least 1, not {flags.batch}")
    if flags.wait and flags.local:
        raise _error("--wait needs a cluster: it cannot go with --local")
    if flags.wait and flags.plan:
        raise _error("--plan changes nothing that one could wait for: leave out --wait")


def _check_plan(flags: Flags) -> None:
    if flags.plan and (flags.local or flags.in_place):
        raise _error("--plan sends nothing and edits nothing: leave out --local and --in-place")
    if flags.whole_cluster and not (flags.plan and flags.filenames):
        raise _error("--whole-cluster says what the files of -f hold: type them as well, with --plan")
    if flags.fail_on and flags.local:
        raise _error("--fail-on is about risks, which --local does not look for: use --plan -f")


def _check_local(flags: Flags, dry_run: DryRun) -> None:
    if not flags.local:
        what = "--in-place" if flags.in_place else "-f"
        raise _error(f"{what} needs --local, which labels manifests; to change a cluster, name its objects")
    if dry_run == "server":
        raise _error("cannot specify --local and --dry-run=server - did you mean --dry-run=client?")
    if not flags.filenames:
        raise _error("one or more files must be specified as -f pod.yaml or --filename=pod.json")
    if flags.field_selector:
        raise _error("--local takes no --field-selector: choose by TYPE NAME, -l or -n")
    if flags.in_place and "-" in flags.filenames:
        raise _error("--in-place needs files: standard input (-f -) cannot be written to")
    if flags.in_place and flags.output in ("json", "yaml"):
        raise _error("--in-place writes the files: it takes no -o json and -o yaml")


def _check_kind(resource: Resource, flags: Flags) -> None:
    if resource.kind not in _LABELLED:
        verb = "enabled" if flags.goal == "enable" else "disabled"
        raise _error(
            f"{resource.full_name} cannot be {verb}: that takes namespaces, pods, and what makes pods (deployments, "
            "statefulsets, daemonsets, replicasets, replicationcontrollers, jobs, cronjobs)"
        )


def _check_names(named: Sequence[Target], selected: Sequence[Resource], words: Sequence[str], flags: Flags) -> None:
    selecting = bool(flags.all or flags.label_selector or flags.field_selector)
    if named and selecting and any("/" in word for word in words):
        raise _error("selectors and the all flag cannot be used when passing resource/name arguments")
    if named and selecting:
        raise _error("name cannot be provided when a selector is specified")
    if selected and not selecting:
        raise _error("resource(s) were provided, but no name was specified")
    if flags.all_namespaces and any(t.resource.namespaced for t in named):
        raise _error("a resource cannot be retrieved by name across all namespaces")
