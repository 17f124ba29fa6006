"""Which values a label or an annotation takes, and which one was most likely meant."""

from __future__ import annotations

import re
from collections.abc import Collection

from kubectl_ambient.cluster.label_keys import distance
from kubectl_ambient.mesh.enrolment.rules import OTHER_DATA_PLANES
from kubectl_ambient.mesh.installation.versions import Version, strict_inject_values
from kubectl_ambient.mesh.labels.entry import DATAPLANE_MODE, INGRESS_USE_WAYPOINT, Entry

_GO_BOOLEAN = frozenset(("1", "t", "T", "true", "TRUE", "True", "0", "f", "F", "false", "FALSE", "False"))
_YES = frozenset(("true", "enabled", "enable", "yes", "y", "on", "1", "t"))
_NO = frozenset(("false", "disabled", "disable", "no", "n", "off", "0", "f"))
_INJECT_YES = frozenset(("y", "yes", "true", "on"))
_BINDING = re.compile(r"(PROXY|NONE)(/[0-9]{1,5})?")
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")


def problem(entry: Entry, value: str, versions: Collection[Version], gateways: Collection[str] = ()) -> str:
    """What is wrong with a value, as the rest of a sentence that begins with it; empty where nothing is.

    `versions` are those of the component that reads it; none: any. `gateways`: names that are known to exist, which
    makes them no mistake even where they look like one.
    """
    match entry.values.shape:
        case "words":
            return _not_a_word(entry, value)
        case "any case":  # model/service.go GetTrafficDistribution
            return "" if value.lower() in map(str.lower, entry.values.words) else _not_a_word(entry, value)
        case "boolean":
            return "" if _boolean(entry, value, versions) else "is no boolean: " + _taken_for(entry)
        case "inject":
            return _inject(value, versions)
        case "waypoint":
            return _waypoint(value, gateways)
        case "namespace":
            return "" if _NAME.fullmatch(value) and "." not in value else "can be the name of no namespace"
        case "percent":
            number = int(value) if re.fullmatch(r"[+-]?[0-9]{1,9}", value) else -1
            return "" if 0 <= number <= 100 else "is no whole number from 0 to 100: the canary gets nothing"
        case "binding":
            return "" if _BINDING.fullmatch(value) else "is none of PROXY, PROXY/port, NONE and NONE/port"
        case "text":
            return ""


def meant(entry: Entry, value: str) -> str | None:
    """The valid value that was most likely meant; None where that cannot be told."""
    words, low = entry.values.words, value.strip().lower()
    if not words:
        return None
    if low in words:
        return low
    if entry.values.shape == "waypoint":
        return "none" if low in _NO else None
    if len(words) == 2 and low in _YES | _NO:
        return words[0] if low in _YES else words[1]
    near = [word for word in words if len(word) > 3 and distance(word.lower(), low) <= (2 if len(word) > 5 else 1)]
    return near[0] if len(near) == 1 else None


def _not_a_word(entry: Entry, value: str) -> str:
    words = entry.values.words
    if value in words or (entry.key == DATAPLANE_MODE and value.lower() in OTHER_DATA_PLANES):
        return ""
    listed = f"{', '.join(words[:-1])} nor {words[-1]}" if len(words) > 1 else words[0]
    same = " (case counts)" if value.lower() in words else ""
    return f"is neither {listed}{same}"


def _boolean(entry: Entry, value: str, versions: Collection[Version]) -> bool:
    """Whether one of these versions takes it for a boolean [services.go ingressUseWaypointFromLabels, podutil.go]."""
    if entry.key != INGRESS_USE_WAYPOINT:
        return value in _GO_BOOLEAN
    newest = max(versions, default=None)
    if value in ("true", "false"):
        return True
    if newest is None or newest >= Version(1, 30, 0, 0):
        return value in _GO_BOOLEAN
    return newest >= Version(1, 25, 0, 0) and value.lower() in ("true", "false")


def _taken_for(entry: Entry) -> str:
    if entry.key == "istio.io/dry-run":
        return "the policy is enforced"
    return "it counts as false" if entry.key == INGRESS_USE_WAYPOINT else "it is ignored"


def _inject(value: str, versions: Collection[Version]) -> str:
    """From 1.27 on only true and false are words; before, y, yes and on mean true and all other texts false."""
    if value in ("true", "false"):
        return ""
    strict = any(map(strict_inject_values, versions)) if versions else True
    if strict:
        return "is neither true nor false: from 1.27 on it counts as not set"
    return "" if value.lower() in _INJECT_YES | _NO else "means false"


def _waypoint(value: str, gateways: Collection[str]) -> str:
    if value in ("none", *gateways):
        return ""
    if not value:
        return "names no waypoint, and the namespace's is not asked for either: there is none"
    if not _NAME.fullmatch(value):
        return "can be the name of no Gateway: there is no such waypoint"
    if value in _YES | _NO:
        return f"is looked up as the name of a Gateway: Istio knows no waypoint called {value}"
    return ""
