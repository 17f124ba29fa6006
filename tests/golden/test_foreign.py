"""What a stranger wrote makes no lines: every text of every object holds a marker, and no screen obeys it."""

from __future__ import annotations

import json
import re
import shlex
import unicodedata
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.golden.foreign import FORGED, MARKER, Object, marked, objects
from tests.golden.screens import Screen, run

COMMANDS = [
    "status -A",
    "status -A --pods",
    "status -A -o wide",
    "status -n {namespace}",
    "explain ns {namespace}",
    "explain pod {pod} -n {namespace}",
    "explain pods -n {namespace}",
    "waypoint list -A",
    "waypoint list -A -o wide",
    "waypoint status -A --all",
    "waypoint status -A -o wide",
    "waypoint explain ns {namespace}",
    "waypoint explain {service} -n {namespace}",
    "policy status -A --pods",
    "path --matrix -A --port 8080",
    "path pod/{pod} {service} -n {namespace}",
    "path outside {service} -n {namespace} -o svg",
    "path outside {service} -n {namespace} -o dot",
    "check -A --fail-on none",
    "labels -A",
    "labels {service} ns/{namespace} -n {namespace}",
    "enable --local -o name",
    "disable --local -o name",
    "waypoint enable --local -o name",
    "enable ns {pod} --dry-run=client",
    "enable ns --all -A --plan",
    "disable ns {namespace} --plan",
    "waypoint disable ns --all --plan",
]
_COLOUR = re.compile("\x1b\\[(?:0|1|2|31|32|33)m")


def is_seen(text: str) -> bool:
    return not any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") for c in text)


def is_tame(text: str, begun: tuple[str, ...] = (FORGED, f"‼ {FORGED}")) -> None:
    """Only line ends of ours, nothing unseen, no heaps of marks, and no line that a stranger began (`begun`)."""
    for line in text.split("\n"):
        assert is_seen(line), repr(line)
        assert not line.startswith(begun), repr(line)
        assert not re.search("[\u0300-\u036f]{5}", line), repr(line)
        assert not set("\ufe01\U000e0100\u3164\u2800") & set(line), repr(line)


class Stranger:
    """One set of files, and names in it to ask for."""

    def __init__(self, found: list[Object], folder: Path, seed: int) -> None:
        self.path = folder / f"{seed}.json"
        self.path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": found}))
        self.objects = found
        pod = self._some("Pod", seed)
        service = self._some("Service", seed)
        self.names = {
            "namespace": shlex.quote(str(pod["metadata"].get("namespace", "default"))),
            "pod": shlex.quote(str(pod["metadata"]["name"])),
            "service": shlex.quote(f"svc/{service['metadata']['name']}"),
        }

    def _some(self, kind: str, seed: int) -> Object:
        found = [o for o in self.objects if o["kind"] == kind]
        return found[seed % len(found)] if found else {"metadata": {"name": "none"}}

    def run(self, command: str, **settings: Any) -> Screen:
        """The command on the file."""
        return run(f"{command.format(**self.names)} -f {self.path}", **settings)


@pytest.mark.parametrize("seed", range(50))
def test_no_screen_obeys(seed: int, tmp_path: Path) -> None:
    """Four of the commands with each seed, on a terminal with colours and without, on a wide one or into a pipe."""
    stranger = Stranger(marked(objects(), seed), tmp_path, seed)
    for number in range(4):
        command = COMMANDS[(seed * 4 + number) % len(COMMANDS)]
        coloured = stranger.run(command, columns=80, colour=True)
        plain = stranger.run(command, columns=80)
        assert _COLOUR.sub("", coloured.out) == plain.out, command
        assert coloured.err == plain.err
        for screen in (plain, stranger.run(command, columns=seed % 2 * 200)):
            assert screen.code in (0, 1, 2), (command, str(screen))
            assert "a bug in" not in screen.err
            is_tame(screen.out)
            is_tame(screen.err)


@pytest.mark.parametrize("command", ["explain pod {pod} -n {namespace}", "explain ns {namespace}", "status -A --pods"])
def test_no_length_brings_a_mark_to_where_a_line_begins(command: str, tmp_path: Path) -> None:
    """A screen breaks long lines, and a stranger can reckon where."""
    for words in range(1, 42):
        name = f"{'a ' * words}‼ {FORGED}"
        namespace = {"metadata": {"name": name, "labels": {"istio.io/dataplane-mode": name}}}
        pod = {"metadata": {"name": "web", "namespace": name}, "spec": {"hostNetwork": True}}
        found = [
            {"apiVersion": "v1", "kind": kind, **fields} for kind, fields in (("Namespace", namespace), ("Pod", pod))
        ]
        screen = Stranger(found, tmp_path, words).run(command, columns=80)
        assert FORGED in screen.out
        is_tame(screen.out, ("‼ SPOOFED", "‼\n"))
        assert not any(line == "‼" for line in screen.out.splitlines())


DOCUMENTS = [
    "status -A",
    "explain ns {namespace}",
    "explain pod {pod} -n {namespace}",
    "waypoint list -A",
    "waypoint status -A --all",
    "waypoint explain ns {namespace}",
    "waypoint explain {service} -n {namespace}",
    "policy status -A --pods",
    "labels -A",
]


@pytest.mark.parametrize("seed", range(100, 108))
def test_documents_hold_the_true_value(seed: int, tmp_path: Path) -> None:
    stranger = Stranger(marked(objects(), seed), tmp_path, seed)
    written = json.dumps(stranger.objects, ensure_ascii=False)
    for command in DOCUMENTS:
        in_json, in_yaml = (stranger.run(f"{command} -o {output}") for output in ("json", "yaml"))
        for screen in (in_json, in_yaml):
            assert is_seen(screen.out.replace("\n", "")), command
            is_tame(screen.err)
        if not in_json.out:
            continue
        value = json.loads(in_json.out)
        assert yaml.load(in_yaml.out, getattr(yaml, "CSafeLoader", yaml.SafeLoader)) == value
        assert r"\\u202e" not in in_json.out, "an escape of the screen's in the data"
        for item in value.get("items", [value]):
            named = item.get("pod") or item.get("object") or item
            assert json.dumps(named["name"], ensure_ascii=False) in written


@pytest.mark.parametrize("seed", range(140, 146))
def test_a_name_is_one_line(seed: int, tmp_path: Path) -> None:
    stranger = Stranger(marked(objects(), seed), tmp_path, seed)
    for command in ("status -A", "waypoint list -A", "waypoint status -A", "labels -A", "explain pods -n {namespace}"):
        names = stranger.run(f"{command} -o name").out
        is_tame(names)
        found = json.loads(stranger.run(f"{command} -o json").out or '{"items": []}')
        assert len(names.splitlines()) == len(found.get("items", [found])), command


def test_the_marker_is_met(tmp_path: Path) -> None:
    """What the tests above look at is what they think it is."""
    stranger = Stranger(marked(objects(), 3), tmp_path, 3)
    assert MARKER in json.loads(stranger.run("status -A -o json").out)["items"][0]["name"]
    text = stranger.run("status -A --pods").out
    assert rf"\n{FORGED}\r\n{FORGED}" in text
    assert r"\u202e\u2066" in text
    assert r"\U000e0041" in text
