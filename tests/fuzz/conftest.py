"""One stand-in for all examples of a file, and nothing of the machine's own clusters."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.fuzz.server import ClusterServer
from tests.kube.standin import StandIn


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The working directory of the program, empty but for what a law writes there."""
    found = tmp_path_factory.mktemp("fuzz")
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.lower().endswith("_proxy") or name.startswith("KUBE"):
                patch.delenv(name)
        patch.setenv("HOME", str(found / "home"))
        patch.setenv("KUBECONFIG", str(found / "kubeconfig"))
        patch.chdir(found)
        yield found


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[ClusterServer]:
    """A server, and a kubeconfig that leads to it."""
    standin = StandIn()
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "dev",
        "clusters": [{"name": "c", "cluster": {"server": standin.url}}],
        "users": [{"name": "u", "user": {}}],
        "contexts": [{"name": "dev", "context": {"cluster": "c", "user": "u"}}],
    }
    (folder / "kubeconfig").write_text(yaml.safe_dump(config))
    yield ClusterServer(standin)
    standin.stop()
