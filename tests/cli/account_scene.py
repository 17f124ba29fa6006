"""24 namespaces on a small server, the program that is to label them, and what has to hold of its account."""

from __future__ import annotations

import json
import stat
import sys
import time
from pathlib import Path
from typing import Any

from tests.kube.standin import Reply
from tests.rig import endings
from tests.rig.endings import Ending, Told

from .objects_api import ObjectsApi

LABEL = "istio.io/dataplane-mode"
NAMES = [f"n{i:02}" for i in range(24)]
PATHS = {name: f"/api/v1/namespaces/{name}" for name in NAMES}
WORDS = ("enable", "ns", *NAMES)

Fields = dict[str, Any]


class Scene:
    """24 namespaces on a server of this test, and the program that is to label them."""

    def __init__(self, api: ObjectsApi, folder: Path) -> None:
        self.api = api
        for path in PATHS.values():
            api.add(path)
        config = {
            "current-context": "dev",
            "clusters": [{"name": "c", "cluster": {"server": api.url}}],
            "users": [{"name": "u", "user": {}}],
            "contexts": [{"name": "dev", "context": {"cluster": "c", "user": "u"}}],
        }
        (folder / "kubeconfig").write_text(json.dumps(config))
        program = folder / "bin" / "kubectl"
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\n[ "$1" = ambient ] && shift && exec {sys.executable} -m kubectl_ambient "$@"\n')
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        self.env = {"KUBECONFIG": str(folder / "kubeconfig"), "PATH": f"{program.parent}:/usr/bin:/bin"}

    def run(self, *words: str, **ending: Any) -> Told:
        """`enable` of the 24, ended so."""
        return endings.run([*WORDS, *words], Ending(**ending), self.env)

    @property
    def changed(self) -> set[str]:
        return {name for name, path in PATHS.items() if LABEL in self.api.labels(path)}

    def check(self, told: Told, *, code: int | None = None, back: bool = False) -> None:
        """That it told the truth, and named the way back. With `back`, that it leads back."""
        shown = f"{told.code}\n{told.out}\n{told.err}"
        assert "Traceback" not in told.err
        assert told.done <= self.changed, shown
        assert self.changed <= told.done | told.unknown, shown
        assert not told.done & told.unknown, shown
        if code is not None:
            assert told.code == code, shown
        assert bool(told.unknown) == bool(told.shows), shown
        for name in told.unknown:
            assert any(f" {name} " in f"{show} " for show in told.shows)
        changed_back = [set(undo.split()[4:]) for undo in told.undoes if "-l" not in undo]
        assert changed_back == [names for names in (told.unknown, told.done) if names], shown
        if not back:
            return
        self.api.before_patch = lambda path, patch: None
        self.api.after_patch = lambda path, reply: reply
        endings.run_lines(told.undoes, self.env)
        assert self.changed == set(), shown

    def slow(self, seconds: float = 0.03) -> None:
        """Each change takes a while."""

        def wait(path: str, patch: Fields) -> Reply | None:
            time.sleep(seconds)
            return None

        self.api.before_patch = wait

    def hold(self, *names: str, seconds: float = 30.0) -> None:
        """The changes of these are made, and their answers do not come."""
        paths = {PATHS[name] for name in names}

        def wait(path: str, reply: Reply) -> Reply:
            # Not before the answer: that would keep all others waiting too.
            return Reply(chunks=_after(seconds)) if path in paths else reply

        self.api.after_patch = wait

    def answer(self, name: str, reply: Reply, times: int = 99) -> None:
        """Another answer to the change of one, although it is made."""
        left = [times]

        def other(path: str, made: Reply) -> Reply:
            if path != PATHS[name] or not left[0]:
                return made
            left[0] -= 1
            return reply

        self.api.after_patch = other


def _after(seconds: float) -> Any:
    time.sleep(seconds)
    yield b"{}"
