"""Asks for completion as kubectl does: one process, its words as arguments, an answer on stdout and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from kubectl_ambient.cli.completion.answer import complete
from tests.kube.standin import Reply, Seen

PROGRAM = "from kubectl_ambient.cli.completion.program import main; main()"


class Completed(NamedTuple):
    """The candidates with their descriptions, and the directive of the last line."""

    candidates: dict[str, str]
    directive: int

    @property
    def words(self) -> list[str]:
        """The candidates alone."""
        return list(self.candidates)


def completion(*words: str, env: Mapping[str, str] | None = None, timeout: float = 30) -> Completed:
    """What `kubectl_complete-ambient` answers; it must end well and keep silent."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
        env={**os.environ, **(env or {})},
    )
    assert (done.returncode, done.stderr) == (0, "")
    return parsed(done.stdout)


def offered(*words: str) -> Completed:
    """The same, without a process of its own."""
    return parsed(str(complete(words)))


def parsed(text: str) -> Completed:
    """An answer as kubectl reads it."""
    *lines, last = text.splitlines()
    assert last.startswith(":")
    return Completed({line.partition("\t")[0]: line.partition("\t")[2] for line in lines}, int(last[1:]))


def kubeconfig(path: Path, server: str, user: Any = None, **context: str) -> str:
    """A kubeconfig with one context of that server; its path."""
    content: dict[str, Any] = {
        "current-context": "here",
        "contexts": [{"name": "here", "context": {"cluster": "near", "user": "me", **context}}],
        "clusters": [{"name": "near", "cluster": {"server": server}}],
        "users": [{"name": "me", "user": user or {}}],
    }
    path.write_text(yaml.safe_dump(content))
    return str(path)


def tables(objects: Mapping[str, list[str]]) -> Callable[[Seen], Reply]:
    """A server's tables of names, by the path of the list; anything else is not found."""

    def answer(seen: Seen) -> Reply:
        if seen.path not in objects:
            return Reply({"kind": "Status", "code": 404, "reason": "NotFound", "message": "no"}, status=404)
        columns = [{"name": "Age", "format": ""}, {"name": "Name", "format": "name"}]
        rows = [{"cells": ["1d", name], "object": None} for name in objects[seen.path]]
        return Reply({"kind": "Table", "columnDefinitions": columns, "rows": rows})

    return answer
