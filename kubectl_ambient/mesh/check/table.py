"""Every check: each file in `checks/` holds one, as `CHECK`."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from kubectl_ambient.mesh.check import checks
from kubectl_ambient.mesh.check.check import Check
from kubectl_ambient.mesh.check.run import SECTIONS


@cache
def all_checks() -> tuple[Check, ...]:
    """All of them, section by section, in the order of their ids."""
    found: list[Check] = [import_module(f"{checks.__name__}.{m.name}").CHECK for m in iter_modules(checks.__path__)]
    return tuple(sorted(found, key=lambda check: (SECTIONS.index(check.section), check.id)))
