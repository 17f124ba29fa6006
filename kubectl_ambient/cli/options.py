"""Options that go together: a command names a group of them as one parameter, and takes each of its fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import Any, get_type_hints

import typer

from kubectl_ambient.cli.kube_command import KubeCommand


def add(app: typer.Typer, name: str, run: Callable[..., None]) -> None:
    """Have the app run a function as a command, with kubectl's connection flags and the options of its groups."""
    app.command(name, cls=KubeCommand)(spread(run))


def spread(run: Callable[..., None]) -> Callable[..., None]:
    """The function as Typer reads it: in the place of each parameter that is a dataclass stand its fields."""
    types = get_type_hints(run, include_extras=True)
    groups: dict[str, Any] = {name: kind for name, kind in types.items() if is_dataclass(kind)}

    @wraps(run)
    def spread_out(**given: Any) -> None:
        for name, group in groups.items():
            given[name] = group(**{field.name: given.pop(field.name) for field in fields(group)})
        run(**given)

    parameters = list(_parameters(run, types))
    spread_out.__annotations__ = {each.name: each.annotation for each in parameters}
    spread_out.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    return spread_out


def _parameters(run: Callable[..., None], types: dict[str, Any]) -> Iterator[Parameter]:
    for name, own in signature(run).parameters.items():
        if is_dataclass(types[name]):
            of_group = get_type_hints(types[name], include_extras=True)
            for field in fields(types[name]):
                kind = of_group[field.name]
                yield Parameter(field.name, Parameter.KEYWORD_ONLY, default=field.default, annotation=kind)
        else:
            yield own.replace(kind=Parameter.KEYWORD_ONLY, annotation=types[name])
