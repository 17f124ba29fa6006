"""What a check is: declared data. It says what it reads, whom it asks, and which page tells more."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Literal, Self

from msgspec import Struct

from kubectl_ambient import HOMEPAGE
from kubectl_ambient.mesh.catalogue import Code, Severity
from kubectl_ambient.mesh.evidence import Evidence, Finding
from kubectl_ambient.shell.command import Command

if TYPE_CHECKING:
    from kubectl_ambient.mesh.check.judged import Judged

Section = Literal[
    "installation",
    "control plane",
    "nodes",
    "namespaces",
    "workloads",
    "proof",
    "gateways",
    "waypoints",
    "policies",
    "network",
    "platform",
]
Outcome = Literal["ok", "warning", "error", "unknown", "skipped"]


class Hit(Struct, frozen=True, kw_only=True, gc=False):
    """One thing that speaks against the good state. `object` is `Pod/shop/web`, `message` a sentence without its stop.

    code: of the finding that it is; None where only a check tells it. fix: a command, or None where there is none.
    """

    object: str
    message: str
    severity: Severity = "error"
    evidence: tuple[Evidence, ...] = ()
    fix: Command | None = None
    code: Code | None = None

    @classmethod
    def of(cls, finding: Finding, ref: str) -> Self:
        """A finding on that object."""
        return cls(
            object=ref,
            message=finding.message,
            severity=finding.severity,
            evidence=finding.evidence,
            fix=finding.fix,
            code=finding.code,
        )


Ask = Callable[["Judged"], Iterable[Hit]]


class Check(Struct, frozen=True, kw_only=True):
    """One check. `title` is the good state, as the rest of “it holds that”.

    reads: the parts of a Snapshot without which it cannot be told. also: parts that it reads besides, which files need
    not hold. asks: whose words count; what was told by the same evidence is told once. always: asked also where there
    is no Istio. proof: it is told by ztunnels themselves, which are asked only where that is wished.
    """

    id: str
    section: Section
    title: str
    reads: tuple[str, ...]
    also: tuple[str, ...] = ()
    asks: tuple[Ask, ...]
    always: bool = False
    proof: bool = False

    @property
    def page(self) -> str:
        """The address of its page."""
        return f"{HOMEPAGE}/blob/main/docs/checks/{self.id}.md"
