"""What `make dist` built, and a user who has the real kubectl and krew. What is missing fails; nothing is skipped."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from release.machine import Machine
from release.project import DIST, this_platform

from tests.rig import programs


@pytest.fixture(scope="session")
def archive() -> Path:
    """This platform's archive."""
    path = DIST / this_platform().archive()
    assert path.is_file(), f"no {path}: `make dist` builds it"
    return path


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Somebody's machine, on which krew has installed nothing yet."""
    return make_machine(tmp_path / "machine")


def make_machine(folder: Path) -> Machine:
    """A machine in a folder, with the programs of the test rig."""
    krew, kubectl = (Path(programs.program(name)) for name in ("krew", "kubectl"))
    return Machine(folder, krew=krew, kubectl=kubectl)


@dataclass(frozen=True)
class Release:
    """A folder that is served as a release is."""

    folder: Path
    url: str


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def release(tmp_path: Path) -> Iterator[Release]:
    """An empty folder, served on loopback over http."""
    folder = tmp_path / "release"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield Release(folder, f"http://127.0.0.1:{server.server_address[1]}")
    server.shutdown()
    server.server_close()
