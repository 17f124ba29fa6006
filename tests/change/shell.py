"""Understands the commands of an undo line, and does them to objects in memory."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass, field

from kubectl_ambient.change.patch import labels_path
from kubectl_ambient.change.plan import Goal, plan
from kubectl_ambient.change.targets import Target, key_of, value_of, with_value
from kubectl_ambient.cluster.facts import DATAPLANE_MODE, Workload
from kubectl_ambient.kube.resources import parse_targets

Key = tuple[str, str, str]


@dataclass
class Words:
    """One command: what is named, and its flags."""

    named: list[str] = field(default_factory=list)
    namespace: str = ""
    flags: set[str] = field(default_factory=set)
    patch: str = ""


def run(line: str, objects: dict[Key, Target]) -> None:
    """Do each command of the line; anything that it would refuse is an error of the test."""
    for command in line.split(" && "):
        program, verb, *rest = shlex.split(command)
        assert program == "kubectl"
        if verb == "ambient":
            verb, *rest = rest
            _ambient(verb, _parse(rest), objects)
        elif verb == "label":
            _label(_parse(rest), objects)
        else:
            assert verb == "patch"
            _patch(_parse(rest), objects)


def _parse(words: list[str]) -> Words:
    found, waiting = Words(), iter(words)
    for word in waiting:
        if word == "-n":
            found.namespace = next(waiting)
        elif word == "-p":
            found.patch = next(waiting)
        elif word.startswith("--"):
            found.flags.add(word)
        else:
            found.named.append(word)
    return found


def _keys(named: list[str], namespace: str) -> list[Key]:
    return [(t.resource.kind, namespace if t.resource.namespaced else "", t.name or "") for t in parse_targets(named)]


def _ambient(verb: str, words: Words, objects: dict[Key, Target]) -> None:
    goal: Goal = "opt-out" if "--opt-out" in words.flags else "enable" if verb == "enable" else "disable"
    for key in _keys(words.named, words.namespace):
        edit = plan(objects[key], goal, overwrite="--overwrite" in words.flags)
        assert edit.action != "refuse", edit.why
        objects[key] = edit.edited


def _label(words: Words, objects: dict[Key, Target]) -> None:
    *named, change = words.named
    label, equals, text = change.partition("=")
    for key in _keys(named, words.namespace):
        assert not isinstance(objects[key], Workload), "kubectl label does not reach a template"
        assert label.removesuffix("-") == DATAPLANE_MODE
        assert not equals or value_of(objects[key]) is None or "--overwrite" in words.flags
        objects[key] = with_value(objects[key], text if equals else None)


def _patch(words: Words, objects: dict[Key, Target]) -> None:
    assert "--type=merge" in words.flags
    (key,) = _keys(words.named, words.namespace)
    value = json.loads(words.patch)
    for step in labels_path(key[0]):
        value = value[step]
    objects[key] = with_value(objects[key], value[DATAPLANE_MODE])


def by_key(targets: list[Target]) -> dict[Key, Target]:
    return {key_of(t): t for t in targets}
