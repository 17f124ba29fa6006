"""What runs commands on the server with long lists, and how a long list comes."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubectl_ambient.cli import app
from tests.rig.apiserver import ApiServer
from tests.rig.faults import FaultProxy
from tests.rig.kubectl import Result

from .long_lists import FEW, MANY


@dataclass(frozen=True)
class Way:
    """How a long list comes: the words that have it come so, and the requests for its beginning and its end."""

    words: str
    first: str
    last: str


STREAM = Way("status -A", r"/api/v1/pods$", r"/api/v1/pods$")
PAGES = Way("status -A --chunk-size=250", r"/api/v1/pods\?limit=250$", r"/api/v1/pods\?.*continue=")
JSON = Way(f"status -n {MANY}", rf"/{MANY}/pods\?limit=500$", rf"/{MANY}/pods\?.*continue=")
FIRST = "web-5d9f-0000"
ONE = Way(f"explain pod {FIRST} -n {FEW}", rf"/{FEW}/pods/{FIRST}$", rf"/{FEW}/pods/{FIRST}$")
IN_PAGES = [pytest.param(PAGES, id="pages"), pytest.param(JSON, id="json")]
WAYS = [pytest.param(STREAM, id="stream"), *IN_PAGES, pytest.param(ONE, id="one object")]


@pytest.fixture
def proxy(long_lists: ApiServer) -> Iterator[FaultProxy]:
    made = FaultProxy(long_lists).start()
    yield made
    made.stop()


Run = Callable[..., Result]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, proxy: FaultProxy) -> Run:
    """The plugin in this process, with the proxy before its server."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name.startswith("KUBE"):
            monkeypatch.delenv(name)
    ours = proxy.kubeconfig()

    def call(*words: str, kubeconfig: Path | None = None) -> Result:
        monkeypatch.setenv("KUBECONFIG", str(kubeconfig or ours))
        code = app.run(["kubectl-ambient", *" ".join(words).split()])
        out, err = capsys.readouterr()
        return Result(out, err, code)

    return call


@pytest.fixture(scope="module")
def undisturbed() -> dict[str, str]:
    """What each command told where nothing was wrong."""
    return {}


@pytest.fixture
def whole(run: Run, proxy: FaultProxy, undisturbed: dict[str, str]) -> Callable[[str], str]:
    """What a command tells where nothing is wrong, as JSON; call it before faults are ordered."""

    def of(words: str) -> str:
        if words not in undisturbed:
            told = run(words, "-o", "json")
            assert told.code == 0, told.stderr
            undisturbed[words] = told.stdout
            proxy.clear()
        return undisturbed[words]

    return of


def with_a_plugin(proxy: FaultProxy, folder: Path) -> tuple[Path, Path]:
    """Where its calls are noted, and a kubeconfig whose user has an exec plugin."""
    asked, program, path = folder / "asked", folder / "plugin", folder / "kubeconfig"
    credential: dict[str, Any] = {"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1"}
    credential |= {"status": {"token": proxy.behind.token("admin")}}
    program.write_text(f"#!/bin/sh\necho asked >>{asked}\ncat <<'EOF'\n{json.dumps(credential)}\nEOF\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    config: dict[str, Any] = yaml.safe_load(proxy.kubeconfig().read_text())
    config["users"][0]["user"] = {
        "exec": {"command": str(program), "apiVersion": credential["apiVersion"], "interactiveMode": "Never"}
    }
    path.write_text(json.dumps(config))
    return asked, path
