"""Label selectors, matched and refused as Kubernetes' API machinery does."""

from __future__ import annotations

from collections.abc import Mapping

from kubectl_ambient.cluster.facts import LabelSelector, Requirement
from kubectl_ambient.kube.label_syntax import label_key_problems, label_value_problems

_OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")


def matches(selector: LabelSelector, labels: Mapping[str, str]) -> bool:
    """Whether the labels satisfy all of the selector; `NotIn` and `DoesNotExist` hold where the key is missing.

    Source: apimachinery, metav1.LabelSelectorAsSelector and labels.Requirement.Matches.
    """
    return all(labels.get(key) == value for key, value in selector.match_labels.items()) and all(
        _holds(requirement, labels) for requirement in selector.match_expressions
    )


def _holds(requirement: Requirement, labels: Mapping[str, str]) -> bool:
    value = labels.get(requirement.key)
    match requirement.operator:
        case "In":
            return value is not None and value in requirement.values
        case "NotIn":
            return value is None or value not in requirement.values
        case "Exists":
            return value is not None
        case _:
            return value is None


def why_invalid(selector: LabelSelector) -> str | None:
    """The sentence with which Kubernetes would refuse the selector, or None where it is valid."""
    for key, value in selector.match_labels.items():
        problem = _invalid_key(key) or _invalid_value(value)
        if problem:
            return problem
    for requirement in selector.match_expressions:
        problem = _invalid_requirement(requirement)
        if problem:
            return problem
    return None


def _invalid_requirement(requirement: Requirement) -> str | None:
    if requirement.operator not in _OPERATORS:
        return f'"{requirement.operator}" is not a valid label selector operator'
    problem = _invalid_key(requirement.key)
    if problem:
        return problem
    if requirement.operator in ("In", "NotIn"):
        if not requirement.values:
            return f"{requirement.key}: {requirement.operator} needs at least one value"
        return next(filter(None, map(_invalid_value, requirement.values)), None)
    if requirement.values:
        return f"{requirement.key}: {requirement.operator} takes no values"
    return None


def _invalid_key(key: str) -> str | None:
    problems = label_key_problems(key)
    return f'label key "{key}": {problems[0]}' if problems else None


def _invalid_value(value: str) -> str | None:
    problems = label_value_problems(value)
    return f'label value "{value}": {problems[0]}' if problems else None


def as_text(selector: LabelSelector) -> str:
    """The selector as one types it: `team=a,env notin (dev)`; `everything` where it is empty."""
    parts = [f"{key}={value}" for key, value in selector.match_labels.items()]
    for r in selector.match_expressions:
        values = ", ".join(r.values)
        parts.append(
            {
                "In": f"{r.key} in ({values})",
                "NotIn": f"{r.key} notin ({values})",
                "Exists": r.key,
                "DoesNotExist": f"!{r.key}",
            }.get(r.operator, f"{r.key} {r.operator} ({values})")
        )
    return ",".join(parts) or "everything"
