"""What is told on stderr beside the data."""

from __future__ import annotations

import io
from typing import Any

import pytest

from kubectl_ambient.runs.told import tell_assumptions
from tests.cluster.fake_client import FakeClient

from .enable_fixtures import Run

TEXT = "sidecars are taken to be injected by Istio's default webhooks: cannot list webhooks: forbidden"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stderr", "told"),
    [
        (
            Terminal(),
            "assumed: sidecars are taken to be injected by Istio's\n"
            "         default webhooks: cannot list webhooks: forbidden\n",
        ),
        (io.StringIO(), f"assumed: {TEXT}\n"),
    ],
)
def test_an_assumption_fits_the_terminal(stderr: io.StringIO, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr("sys.stderr", stderr)
    tell_assumptions([TEXT])
    assert stderr.getvalue() == told


class Server(FakeClient):
    def version(self) -> Any:
        from kubectl_ambient.kube.api import ServerVersion

        return ServerVersion(major="1", minor="36", git_version="v1.36.1")


def test_version_tells_once_what_is_refused(ambient: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Server(refused={"list pods", "list deployments"})
    monkeypatch.setattr("kubectl_ambient.kube.api.connect", lambda *_, **__: client)
    told = ambient("version")
    assert told.out.splitlines()[-3:] == ["istio-cni: unknown", "ztunnel: unknown", "istiod: unknown"]
    lines = told.err.splitlines()
    assert len(lines) == len(set(lines)) == 2
