"""A risk: what a change would do that somebody may not want, on which evidence, to whom, and what helps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from msgspec import Struct

from kubectl_ambient.mesh.catalogue import Severity
from kubectl_ambient.mesh.evidence import Evidence
from kubectl_ambient.mesh.risks.catalogue import RiskCode
from kubectl_ambient.shell.command import Command

_ORDER: tuple[Severity, ...] = ("error", "warning", "info")


class Risk(Struct, frozen=True, kw_only=True, gc=False):
    """`affects` are refs (`Pod/shop/web-1`), or pairs with the port of the packet (`Pod/pay/a -> Pod/shop/b:15008`).

    `message` is a sentence without its full stop; `fix` a command, or None where there is none; `remedy` what helps,
    where that is no command.
    """

    code: RiskCode
    severity: Severity
    message: str
    evidence: tuple[Evidence, ...] = ()
    affects: tuple[str, ...] = ()
    remedy: str = ""
    fix: Command | None = None

    @classmethod
    def of(
        cls,
        code: RiskCode,
        message: str,
        *evidence: Evidence,
        affects: Iterable[str] = (),
        remedy: str = "",
        fix: Command | None = None,
        severity: Severity | None = None,
    ) -> Self:
        """What is raised: of the usual severity of its code, or of another that the code can have."""
        grave = severity or code.severities[0]
        assert grave in code.severities, f"{code} is not declared as {grave}"
        return cls(
            code=code,
            severity=grave,
            message=message,
            evidence=evidence,
            affects=tuple(affects),
            remedy=remedy,
            fix=fix,
        )


def gravest_first(found: Iterable[Risk]) -> list[Risk]:
    """The risks by their severity, else in their order."""
    return sorted(found, key=lambda risk: _ORDER.index(risk.severity))


def at_least(found: Iterable[Risk], severity: Severity) -> list[Risk]:
    """Those that are as grave, or graver."""
    return [risk for risk in found if _ORDER.index(risk.severity) <= _ORDER.index(severity)]
