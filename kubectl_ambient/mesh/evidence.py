"""Evidence: the object, the field and the value that an answer stands on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from kubectl_ambient.shell.command import Command, Offer

Outcome = Literal["pass", "in", "out", "unknown", "skipped"]
Severity = Literal["info", "warning", "error"]


class Evidence(Struct, frozen=True, gc=False):
    """One fact: `Namespace/shop`, `metadata.labels[istio.io/dataplane-mode]`, `ambient`.

    `value` is None where the field is absent.
    """

    object: str
    field: str
    value: str | None


class Step(Struct, frozen=True, kw_only=True, gc=False):
    """What one rule said. `reason` is the stable word where it decides."""

    rule: str
    outcome: Outcome
    message: str
    evidence: tuple[Evidence, ...] = ()
    reason: str = ""
    docs: str = ""


class Finding(Struct, frozen=True, kw_only=True, gc=False):
    """Something about a pod that its user should know. `fix` is a command, or None where there is none."""

    code: str
    severity: Severity
    message: str
    evidence: tuple[Evidence, ...] = ()
    fix: Command | None = None


class Fix(Struct, frozen=True, gc=False):
    """A command to type, and what it does."""

    command: Command
    effect: str


def offer(command: Offer | None, effect: str) -> Iterator[Fix]:
    """The command with its effect; nothing where there is none to offer."""
    if isinstance(command, Command):
        yield Fix(command, effect)


def label(ref: str, key: str, value: str | None) -> Evidence:
    """Evidence of a label; value None where it is not set."""
    return Evidence(ref, f"metadata.labels[{key}]", value)


def annotation(ref: str, key: str, value: str | None) -> Evidence:
    """Evidence of an annotation; value None where it is not set."""
    return Evidence(ref, f"metadata.annotations[{key}]", value)
