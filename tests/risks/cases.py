"""The cases: what a cluster is to hold, what is asked of it, and what has to be told."""

from __future__ import annotations

import json
import os
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias
from unittest import mock

import yaml

from kubectl_ambient.mesh.risks.catalogue import RiskCode
from tests.golden.screens import run

Object: TypeAlias = dict[str, Any]
Plan: TypeAlias = dict[str, Any]

HERE = Path(__file__).parent
INSTALLATION = HERE / "installation.yaml"
NAMES = RAISED, NEAR_MISS = "raised", "near-miss"
# A part of a field, with the key in its brackets.
_PART = re.compile(r"([^.\[\]]+)(\[([^\]]*)\])?(?:\.|$)")
_TOLD = ("code", "severity", "affects", "evidence")


@dataclass(frozen=True)
class Case:
    """A cluster in one file, of a risk's folder: `raised`, or the `near-miss` that looks like it.

    Where there is more than one way to it, `raised-by-route` and the like as well.
    """

    code: RiskCode
    name: str

    def __str__(self) -> str:
        return f"{self.code}-{self.name}"

    @property
    def path(self) -> Path:
        return HERE / self.code / f"{self.name}.yaml"

    @property
    def raises(self) -> bool:
        """Whether it is to raise the risk."""
        return self.name.startswith(RAISED)

    def objects(self) -> list[Object]:
        """What its cluster holds."""
        return list(yaml.safe_load_all(self.path.read_text(encoding="utf-8")))

    def planned(self) -> Plan:
        """The plan that is made of the file."""
        return planned(self.path, "-f", str(self.path))

    def planned_live(self, kubeconfig: Path) -> Plan:
        """The plan of the same command that is made of a cluster."""
        with mock.patch.dict(os.environ, KUBECONFIG=str(kubeconfig)):
            return planned(self.path)

    @property
    def told(self) -> Path:
        """The file of all that has to be told of `raised`: severities, whom it hits, evidence."""
        return self.path.with_name(f"{self.name.replace(RAISED, 'told')}.yaml")

    def to_tell(self) -> list[Object]:
        """The same, read."""
        found: list[Object] = yaml.safe_load(self.told.read_text(encoding="utf-8"))
        return found


def cases() -> list[Case]:
    """Every case of every risk, that which raises it and the near miss at least."""
    written = {code: {path.stem for path in (HERE / code).glob("*.yaml")} for code in RiskCode}
    names = {code: [name for name in found if not name.startswith("told")] for code, found in written.items()}
    return [Case(code, name) for code, found in names.items() for name in sorted({*found, *NAMES})]


def planned(path: Path, *source: str) -> Plan:
    """The plan of the command that the first line of a file tells, of what is named here."""
    first = path.read_text(encoding="utf-8").splitlines()[0]
    line = first.removeprefix("# kubectl ambient ").rpartition(" -f ")[0]
    screen = run(f"{line} {shlex.join(source)} -o json")
    assert screen.code in (0, 1), screen.err
    found: Plan = json.loads(screen.out)
    return found


def codes(plan: Plan) -> set[str]:
    """Which risks a plan tells."""
    return {risk["code"] for risk in plan["risks"]}


def told(plan: Plan) -> list[Object]:
    """What a plan's risks stand on, and whom they hit: without the words of it."""
    return [{field: risk[field] for field in _TOLD} for risk in plan["risks"]]


def value_at(item: Object, field: str) -> Any:
    """What stands at a field as evidence names it: `spec.ports[80].name`, `data[key]`, `status.conditions[Ready]`.

    None: nothing. A mapping, a list or `...`: evidence tells that in words of its own.
    """
    found: Any = item
    for name, brackets, key in _PART.findall(field):
        found = found.get(name) if isinstance(found, dict) else None
        if brackets and key and isinstance(found, list):
            named = [entry for entry in found if key in _names(entry)]
            found = next(iter(named or (found[int(key) : int(key) + 1] if key.isdigit() else [])), None)
        elif brackets:
            found = found.get(key) if key and isinstance(found, dict) else None if found is None else ...
        if found is None or found is ...:
            return found
    if isinstance(found, dict) and found.keys() in ({"name"}, {"name", "value"}):
        return found.get("value")
    return found.get("status", found) if isinstance(found, dict) else found


def _names(entry: Object) -> set[str]:
    """What an entry of a list is called by."""
    return {str(entry.get(key)) for key in ("name", "port", "type")}


def is_there(evidence: Object, item: Object, edits: list[Object]) -> bool:
    """Whether an object has the value that evidence tells, now or once the plan is carried out."""
    now = value_at(item, evidence["field"])
    then = [e["after"] for e in edits if (e["object"], e["field"]) == (evidence["object"], evidence["field"])]
    if now is ... or isinstance(now, dict | list):
        return evidence["value"] is not None
    text = None if now is None else str(now).lower() if isinstance(now, bool) else str(now)
    return evidence["value"] in (text, *then)


def identity(item: Object) -> str:
    """`Pod/shop/web`, as evidence names an object."""
    metadata = item["metadata"]
    return "/".join(part for part in (item["kind"], metadata.get("namespace"), metadata["name"]) if part)


def written(found: list[Object]) -> str:
    """The same as the text of a file."""
    return yaml.safe_dump(found, sort_keys=False, width=120)
