"""The whole mesh for a person to try the plugin on: brought up detached, ended on request.

    python -m tests.rig.lab up | down

`serve` is what `up` starts in the background. It holds a lock for as long as it lives, so that
`down` never ends another process that got the same id.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NoReturn

import urllib3

from . import cache, programs, scenario
from .api import ApiError
from .cluster import Cluster
from .follower import Follower
from .forwarding import ForwardingCluster
from .mesh import Mesh
from .processes import wait_for

FOLDER = cache.home() / "lab"
KUBECONFIG = FOLDER / "kubeconfig"
DEV_KUBECONFIG = FOLDER / "dev.kubeconfig"

_LOCK = FOLDER / "lock"
_STATE = FOLDER / "state.json"
_LOG = FOLDER / "lab.log"


def up() -> int:
    """Start the lab unless it runs, and tell how to reach it."""
    reason = programs.why_not()
    if reason:
        print(reason, file=sys.stderr)
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    if not _runs():
        # What a lab that was killed left behind must not look like a new one.
        shutil.rmtree(FOLDER)
        FOLDER.mkdir()
        with _LOG.open("wb") as log:
            child = subprocess.Popen(
                [sys.executable, "-m", "tests.rig.lab", "serve"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        if not _follow(child):
            return 1
    # Somebody else may have started it a moment ago.
    wait_for("the lab", KUBECONFIG.exists, 120)
    print(f"export KUBECONFIG={KUBECONFIG}")
    print(f'export PATH="{Path(sys.executable).parent}:{Path(programs.program("kubectl")).parent}:$PATH"')
    return 0


def down() -> int:
    """End the lab and remove what it kept."""
    if _runs():
        with contextlib.suppress(ProcessLookupError, OSError, ValueError):
            os.kill(int(json.loads(_STATE.read_text())["pid"]), signal.SIGTERM)
        wait_for("the lab to end", lambda: not _runs(), 30)
    shutil.rmtree(FOLDER, ignore_errors=True)
    return 0


def serve() -> int:
    """Be the lab until told to end."""
    signal.signal(signal.SIGTERM, _leave)
    with _hold_lock():
        _STATE.write_text(json.dumps({"pid": os.getpid()}))
        cluster = ForwardingCluster(FOLDER / "run")
        ztunnels = Follower(cluster)
        try:
            _say("control plane …")
            cluster.start()
            _say("mesh …")
            Mesh(cluster).start()
            _say("applications …")
            scenario.play(cluster)
            ztunnels.start()
            shutil.copy(_dev(cluster), DEV_KUBECONFIG)
            # Last: this file is what `up` waits for.
            shutil.copy(cluster.kubeconfig, KUBECONFIG.with_suffix(".new"))
            KUBECONFIG.with_suffix(".new").rename(KUBECONFIG)
            while True:
                time.sleep(2)
                cluster.processes.check()
                with contextlib.suppress(ApiError, OSError, urllib3.exceptions.HTTPError):  # somebody tries an outage
                    ztunnels.look()
        finally:
            ztunnels.stop()
            cluster.stop()
            KUBECONFIG.unlink(missing_ok=True)


def _dev(cluster: Cluster) -> Path:
    """A user who may look at one namespace, as an application developer may."""
    cluster.kubectl("create", "rolebinding", "dev-views-shop", "--clusterrole=view", "--user=dev", "-n", "shop")
    return cluster.user("dev", namespace="shop")


def _follow(child: subprocess.Popen[bytes]) -> bool:
    """Show what the lab says until it is up; end it if we are interrupted."""
    shown = 0
    try:
        while True:
            text = _LOG.read_text(errors="replace")
            print(text[shown:], end="", file=sys.stderr, flush=True)
            shown = len(text)
            if KUBECONFIG.exists() or child.poll() is not None:
                return KUBECONFIG.exists()
            time.sleep(0.1)
    except KeyboardInterrupt:
        child.terminate()
        child.wait()
        raise


def _runs() -> bool:
    if not _LOCK.exists():
        return False
    with _LOCK.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


@contextlib.contextmanager
def _hold_lock() -> Iterator[IO[str]]:
    with _LOCK.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield file


def _leave(*_: object) -> NoReturn:
    sys.exit(0)


def _say(what: str) -> None:
    print(what, flush=True)


if __name__ == "__main__":
    commands = {"up": up, "down": down, "serve": serve}
    if len(sys.argv) != 2 or sys.argv[1] not in commands:
        sys.exit("usage: python -m tests.rig.lab up|down")
    sys.exit(commands[sys.argv[1]]())
