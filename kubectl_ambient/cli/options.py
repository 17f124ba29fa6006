"""Options that go together: a command names a group of them as one parameter, and takes each of its fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import Any, get_type_hints

import typer
from msgspec import Struct

from kubectl_ambient.cli.kube_command import KubeCommand


def add(app: typer.Typer, name: str, run: Callable[..., None]) -> None:
    """Have the app run a function as a command, with kubectl's connection flags and the options of its groups."""
    app.command(name, cls=KubeCommand)(spread(run))


def spread(run: Callable[..., None]) -> Callable[..., None]:
    """The function as Typer reads it: in the place of each parameter that is a Struct stand its fields."""
    types = get_type_hints(run, include_extras=True)
    groups: dict[str, Any] = {name: kind for name, kind in types.items() if _is_group(kind)}

    @wraps(run)
    def spread_out(**given: Any) -> None:
        for name, group in groups.items():
            given[name] = group(**{field: given.pop(field) for field in group.__struct_fields__})
        run(**given)

    parameters = list(_parameters(run, types))
    spread_out.__annotations__ = {each.name: each.annotation for each in parameters}
    spread_out.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    return spread_out


def _parameters(run: Callable[..., None], types: dict[str, Any]) -> Iterator[Parameter]:
    for name, own in signature(run).parameters.items():
        if _is_group(group := types[name]):
            of_group = get_type_hints(group, include_extras=True)
            for field, default in zip(group.__struct_fields__, group.__struct_defaults__, strict=True):
                yield Parameter(field, Parameter.KEYWORD_ONLY, default=default, annotation=of_group[field])
        else:
            yield own.replace(kind=Parameter.KEYWORD_ONLY, annotation=types[name])


def _is_group(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Struct)
