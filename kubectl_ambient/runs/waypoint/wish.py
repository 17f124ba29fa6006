"""What `waypoint enable` and `waypoint disable` are asked for, checked before anything is read."""

from __future__ import annotations

from kubectl_ambient.change.targets import WAYPOINT_KINDS
from kubectl_ambient.change.waypoint.plan import Wish
from kubectl_ambient.kube.errors import UsageError
from kubectl_ambient.kube.label_syntax import label_value_problems
from kubectl_ambient.kube.resources import Resource
from kubectl_ambient.mesh.waypoint import NEW
from kubectl_ambient.runs.change.flags import Flags
from kubectl_ambient.runs.waypoint.flags import WaypointFlags


def wish_of(flags: WaypointFlags) -> Wish:
    """What is asked for. Raises UsageError for what cannot name a waypoint."""
    namespace, slash, name = flags.waypoint.rpartition("/")
    if slash and flags.waypoint_namespace not in ("", namespace):
        raise UsageError(
            f'error: --waypoint "{flags.waypoint}" names another namespace than --waypoint-namespace '
            f'"{flags.waypoint_namespace}"'
        )
    if slash and not (namespace and name):
        raise UsageError(f'error: invalid --waypoint "{flags.waypoint}": it is NAME or NAMESPACE/NAME')
    namespace = namespace or flags.waypoint_namespace
    if name == "none" and flags.goal == "enable":
        raise UsageError('error: invalid --waypoint "none": that opts out, which is: waypoint disable … --opt-out')
    _check_value("--waypoint", name)
    _check_value("--waypoint-namespace", namespace)
    return Wish(
        goal=flags.goal,
        waypoint=name or (NEW if flags.goal == "enable" else ""),
        namespace=namespace,
        overwrite=flags.overwrite,
    )


def _check_value(flag: str, value: str) -> None:
    problems = label_value_problems(value)
    if problems:
        raise UsageError(f'error: invalid {flag} "{value}": {"; ".join(problems)}')


def check_kind(resource: Resource, flags: Flags) -> None:
    """Raises UsageError for a type on which the label means nothing."""
    if resource.kind not in WAYPOINT_KINDS:
        raise UsageError(
            f"error: {resource.full_name} cannot have a waypoint: that takes namespaces, services, pods, "
            "serviceentries and workloadentries"
        )
