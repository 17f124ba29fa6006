"""`check -o sarif`: what code scanning shows beside the lines of a manifest.

Source: SARIF 2.1.0, docs.oasis-open.org/sarif/sarif/v2.1.0.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from kubectl_ambient import HOMEPAGE, __version__
from kubectl_ambient.mesh.check.check import Check, Hit
from kubectl_ambient.mesh.check.run import Report, Result
from kubectl_ambient.mesh.evidence import Evidence
from kubectl_ambient.shell.aim import Aim

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {"error": "error", "warning": "warning", "info": "note"}


class Stands(Protocol):
    """Tells where objects of files stand."""

    def place(self, ref: str) -> Any:
        """The `file` of an object; None where none holds it."""

    def line(self, ref: str, field: str = "") -> int | None:
        """The line of a field of it; None where that cannot be told."""


def sarif(report: Report, stands: Stands, aim: Aim) -> dict[str, Any]:
    """One run: each check a rule, each thing that was found a result, what could not be told a notification."""
    numbers = {result.check.id: number for number, result in enumerate(report.results)}
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "kubectl-ambient",
                        "version": __version__,
                        "informationUri": HOMEPAGE,
                        "rules": [_rule(result.check) for result in report.results],
                    }
                },
                "invocations": [
                    {
                        "executionSuccessful": True,
                        "toolExecutionNotifications": [
                            _notification(result, numbers) for result in report.results if result.outcome == "unknown"
                        ],
                    }
                ],
                "columnKind": "unicodeCodePoints",
                "results": [
                    _result(result.check, hit, numbers, stands, aim) for result in report.results for hit in result.hits
                ],
            }
        ],
    }


def _rule(check: Check) -> dict[str, Any]:
    return {
        "id": check.id,
        "shortDescription": {"text": f"{check.title}."},
        "helpUri": check.page,
        "properties": {"tags": [check.section]},
    }


def _notification(result: Result, numbers: Mapping[str, int]) -> dict[str, Any]:
    return {
        "level": "note",
        "message": {"text": f"{result.message}."},
        "associatedRule": {"id": result.check.id, "index": numbers[result.check.id]},
    }


def _result(check: Check, hit: Hit, numbers: Mapping[str, int], stands: Stands, aim: Aim) -> dict[str, Any]:
    command = aim.text(hit.fix) if hit.fix else None
    about = "" if hit.object in hit.message else f"{hit.object}: "
    return {
        "ruleId": check.id,
        "ruleIndex": numbers[check.id],
        "level": _LEVELS[hit.severity],
        "message": {"text": f"{about}{hit.message}.{f' To mend it: {command}' if command else ''}"},
        "locations": [_location(hit, stands)],
        "partialFingerprints": {"checkAndObject/v1": hashlib.sha256(f"{check.id} {hit.object}".encode()).hexdigest()},
    }


def _location(hit: Hit, stands: Stands) -> dict[str, Any]:
    """The line of the first evidence that stands in a file, else of the object; of a cluster the object's name."""
    kind, _, _ = hit.object.partition("/")
    location: dict[str, Any] = {"logicalLocations": [{"fullyQualifiedName": hit.object, "kind": kind}]}
    for one in (*_own_first(hit), Evidence(hit.object, "", None)):
        place = stands.place(one.object)
        if place is not None and place.file != "-":
            line = stands.line(one.object, one.field)
            region = {"region": {"startLine": line}} if line else {}
            location["physicalLocation"] = {"artifactLocation": {"uri": _uri(place.file)}, **region}
            break
    return location


def _own_first(hit: Hit) -> Iterator[Evidence]:
    yield from (one for one in hit.evidence if one.object == hit.object)
    yield from (one for one in hit.evidence if one.object != hit.object)


def _uri(file: str) -> str:
    """A path below this folder as code scanning wants it, `deploy/shop.yaml`; any other as an address."""
    path = Path(file)
    try:
        return quote(path.resolve().relative_to(Path.cwd().resolve()).as_posix())
    except ValueError:
        return path.resolve().as_uri()
