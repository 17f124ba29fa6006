"""Options that go together: a command names a group of them as one parameter, and takes each of its fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import Any, dataclass_transform, get_type_hints

import typer

from kubectl_ambient.cli.kube_command import KubeCommand


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Group:
    """Each annotation of a subclass is an option, its value there what the option is without.

    No dataclass: to make one takes a millisecond, of which a command would need several to start.
    """

    def __init__(self, **given: Any) -> None:
        vars(self).update(given)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and all(getattr(other, name) == getattr(self, name) for name in options(self))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in options(self))})"


def options(group: Group | type[Group]) -> dict[str, Any]:
    """The types of a group's options, with what Typer is told of them, by their names; those of its bases first."""
    return get_type_hints(group if isinstance(group, type) else type(group), include_extras=True)


def add(app: typer.Typer, name: str, run: Callable[..., None]) -> None:
    """Have the app run a function as a command, with kubectl's connection flags and the options of its groups."""
    app.command(name, cls=KubeCommand)(spread(run))


def spread(run: Callable[..., None]) -> Callable[..., None]:
    """The function as Typer reads it: in the place of each parameter that is a Group stand its options."""
    types = get_type_hints(run, include_extras=True)
    groups: dict[str, Any] = {name: kind for name, kind in types.items() if _is_group(kind)}

    @wraps(run)
    def spread_out(**given: Any) -> None:
        for name, group in groups.items():
            given[name] = group(**{option: given.pop(option) for option in options(group)})
        run(**given)

    parameters = list(_parameters(run, types))
    spread_out.__annotations__ = {each.name: each.annotation for each in parameters}
    spread_out.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    return spread_out


def _parameters(run: Callable[..., None], types: dict[str, Any]) -> Iterator[Parameter]:
    for name, own in signature(run).parameters.items():
        if _is_group(group := types[name]):
            for option, kind in options(group).items():
                yield Parameter(option, Parameter.KEYWORD_ONLY, default=getattr(group, option), annotation=kind)
        else:
            yield own.replace(kind=Parameter.KEYWORD_ONLY, annotation=types[name])


def _is_group(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Group)
