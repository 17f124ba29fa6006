"""Runs `enable` and `disable` in this process, against a stand-in or against files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from kubectl_ambient.cli.app import run
from tests.kube.standin import StandIn

from .objects_api import ObjectsApi


class Result(NamedTuple):
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str


Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of the machine's own clusters or proxies."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name.startswith("KUBE"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def api() -> Iterator[ObjectsApi]:
    """A server with the objects that a test puts there."""
    standin = StandIn()
    yield ObjectsApi(standin)
    standin.stop()


@pytest.fixture
def ambient(capsys: pytest.CaptureFixture[str]) -> Run:
    """`ambient("enable", "ns", "shop")`: without a cluster, unless the test gives one."""

    def call(*words: str) -> Result:
        code = run(["kubectl-ambient", *words])
        out, err = capsys.readouterr()
        return Result(code, out, err)

    return call


@pytest.fixture
def on_api(ambient: Run, api: ObjectsApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The same on the stand-in, whose namespace is `shop`."""
    path = tmp_path / "kubeconfig"
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "dev",
        "clusters": [{"name": "c", "cluster": {"server": api.url}}],
        "users": [{"name": "u", "user": {}}],
        "contexts": [{"name": "dev", "context": {"cluster": "c", "user": "u", "namespace": "shop"}}],
    }
    path.write_text(yaml.safe_dump(config))
    monkeypatch.setenv("KUBECONFIG", str(path))
    return ambient
