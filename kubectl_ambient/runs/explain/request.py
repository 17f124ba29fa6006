"""What `explain` was asked for."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from kubectl_ambient.cluster.scope import OBJECT_FIELDS, Scope, check
from kubectl_ambient.cluster.served import KINDS
from kubectl_ambient.kube.errors import UsageError
from kubectl_ambient.kube.field_selectors import parse_field_selector
from kubectl_ambient.kube.resources import Target, find_resource, parse_targets
from kubectl_ambient.runs.origin import Origin
from kubectl_ambient.runs.output import check_names
from kubectl_ambient.shell.command import kubectl
from kubectl_ambient.shell.words import inside, typed

WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "ReplicationController")


class ExplainRequest(Struct, frozen=True, kw_only=True):
    """What `explain` was asked for, checked as far as can be without reading anything.

    policies: those that speak on the pods, too, which takes reading them.
    """

    origin: Origin
    targets: tuple[Target, ...]
    label_selector: str
    field_selector: str
    ztunnel: bool = False
    policies: bool = False

    @classmethod
    def of(
        cls,
        origin: Origin,
        words: Sequence[str],
        *,
        label_selector: str,
        field_selector: str,
        ztunnel: bool = False,
        policies: bool = False,
    ) -> ExplainRequest:
        """Check what was typed; a single word that is no type is a pod. Raises UsageError in kubectl's words."""
        targets = parse_targets(["pod", *words] if _is_a_pod(words) else words)
        check(Scope(label_selector=label_selector, field_selector=field_selector), live=not origin.filenames)
        for target in targets:
            kind = target.resource.kind
            if kind not in ("Pod", "Namespace", *WORKLOADS):
                raise UsageError(_no_pods(target, origin))
            if kind != "Pod":
                parse_field_selector(field_selector, known=OBJECT_FIELDS)
            if target.name is None and not (label_selector or field_selector):
                raise UsageError("error: resource(s) were provided, but no name was specified")
        named = any(target.name is not None for target in targets)
        check_names(named=named, selected=bool(label_selector or field_selector))
        return cls(
            origin=origin,
            targets=tuple(dict.fromkeys(targets)),
            label_selector=label_selector,
            field_selector=field_selector,
            ztunnel=ztunnel,
            policies=policies,
        )


def _is_a_pod(words: Sequence[str]) -> bool:
    if len(words) != 1 or "/" in words[0] or "," in words[0]:
        return False
    try:
        find_resource(words[0])
    except UsageError:
        return True
    return False


def _no_pods(target: Target, origin: Origin) -> str:
    told = f"error: {target.resource.full_name} hold no pods: explain takes pods, namespaces and workloads"
    if target.resource.kind not in KINDS:
        return told
    named = (typed(target.resource.singular), *([typed(target.name)] if target.name else []))
    where = inside(origin.namespace) if origin.namespace else ()
    instead = origin.aim_at_files.say(kubectl("ambient waypoint explain", *named, *where))
    return f"{told}; which waypoint serves it tells “{instead}”"
