"""Clusters written down as files: in one or several, as JSON or YAML, as lists or one by one, with nulls put in."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from kubectl_ambient.kube.protobuf.fields import fields_of, is_known
from tests.fuzz.dice import Dice, made
from tests.fuzz.words import Fields


class _Quoting(yaml.CSafeDumper):
    """As kubectl writes YAML: what would read as something else stands in quotes, and nothing is an alias."""

    def ignore_aliases(self, data: object) -> bool:
        return True


_Quoting.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, '"'))


def as_yaml(value: Any) -> str:
    """One document."""
    text: str = yaml.dump(value, Dumper=_Quoting, allow_unicode=True, sort_keys=False)
    return text


def as_list(objects: Sequence[Fields]) -> Fields:
    """As `kubectl get … -o json` prints several."""
    return {"kind": "List", "apiVersion": "v1", "metadata": {"resourceVersion": ""}, "items": list(objects)}


def _of_kinds(objects: Sequence[Fields]) -> Iterator[Fields]:
    """As an API server lists them: a list of each kind, in which the items do not name it."""
    for kind, version in dict.fromkeys((found["kind"], found["apiVersion"]) for found in objects):
        items = [{k: v for k, v in o.items() if k not in ("kind", "apiVersion")} for o in objects if o["kind"] == kind]
        yield {"kind": f"{kind}List", "apiVersion": version, "items": items}


SHAPES = {
    "one.json": lambda objects: json.dumps(as_list(objects)),
    "indented.json": lambda objects: json.dumps(as_list(objects), indent=4, ensure_ascii=False),
    "stream.json": lambda objects: "\n".join(map(json.dumps, objects)),
    "one.yaml": lambda objects: as_yaml(as_list(objects)),
    "documents.yaml": lambda objects: "---\n".join(map(as_yaml, objects)),
    "kinds.yaml": lambda objects: "---\n".join(map(as_yaml, _of_kinds(objects))),
}


def written(folder: Path, objects: Sequence[Fields], shape: str, parts: int = 1) -> list[str]:
    """Write them into so many files, each with every so-manyth object; the words that name these."""
    words = []
    for number in range(parts):
        path = folder / f"{number}-{shape}"
        path.write_text(SHAPES[shape](objects[number::parts]), encoding="utf-8")
        words += ["-f", path.name]
    return words


def _with_nulls(dice: Dice, objects: Sequence[Fields]) -> list[Fields]:
    return [_nulled(dice, found["kind"], found) for found in objects]


def _nulled(dice: Dice, message: str, found: Fields) -> Fields:
    if not is_known(message):
        return found
    nulled = dict(found)
    for name, field in fields_of(message).items():
        value = found.get(name)
        if value is None and name not in ("kind", "name") and dice.rarely(True):
            nulled[name] = None
        elif isinstance(value, dict) and is_known(field.holds):
            nulled[name] = _nulled(dice, field.holds, value)
    return nulled


with_nulls = made(_with_nulls)
"""The same objects, where some fields that were not set are null."""
