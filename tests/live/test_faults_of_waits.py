"""Issue 15, "It shows" 5: a server that is killed, and what may happen to a watch, end no wait: nothing is missed."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import replace

import pytest

from kubectl_ambient.cluster.reading.watch import BACK
from tests.cli.on_terminal import on_terminal
from tests.rig import kubectl
from tests.rig.agent import ANNOTATION
from tests.rig.apiserver import ApiServer
from tests.rig.faults import Fault, FaultProxy
from tests.rig.processes import PATIENCE, wait_for

from .long_lists import FEW, IN_FEW
from .long_lists_scene import proxy
from .test_wait import Waiting

__all__ = ["proxy"]
LABEL = "istio.io/dataplane-mode"
NONE_YET = f"0 of {IN_FEW} pods are where they should be; waiting for {FEW}/"


@pytest.fixture
def server(long_lists: ApiServer) -> Iterator[ApiServer]:
    """Nobody plays the agent but the test; afterwards all is as it was."""
    yield long_lists
    long_lists.api.patch(f"/api/v1/namespaces/{FEW}", {"metadata": {"labels": {LABEL: None}}})
    redirect(long_lists, None)


def redirect(server: ApiServer, value: str | None) -> None:
    for item in server.api.items(f"/api/v1/namespaces/{FEW}/pods"):
        path = f"/api/v1/namespaces/{FEW}/pods/{item['metadata']['name']}"
        server.api.patch(path, {"metadata": {"annotations": {ANNOTATION: value}}})


@pytest.mark.parametrize(
    "words", [("enable", "ns", FEW), ("status", "-n", FEW, "-o", "name")], ids=["enable", "status"]
)
def test_a_server_that_is_killed_and_comes_back(server: ApiServer, words: tuple[str, ...]) -> None:
    if words[0] == "status":
        server.api.patch(f"/api/v1/namespaces/{FEW}", {"metadata": {"labels": {LABEL: "ambient"}}})
    waiting = Waiting(server.kubeconfig, *words, "--wait", "--timeout", "3m")
    try:
        waiting.says(NONE_YET)
        server.stop_serving()
        try:
            waiting.says("lost the connection to the server; going on: ")
        finally:
            server.serve_again()
        redirect(server, "enabled")
        assert waiting.process.wait(PATIENCE) == 0, waiting.told
        *_, back, arrived = [line for line in waiting.err.splitlines() if " of 40 pods " not in line]
        assert BACK in (back, *waiting.told)
        assert arrived.startswith(f"All {IN_FEW} pods are where they should be (")
    finally:
        waiting.stop()


def test_a_server_that_stays_away_ends_it_at_the_time_out(server: ApiServer) -> None:
    waiting = Waiting(server.kubeconfig, "enable", "ns", FEW, "--wait", "--timeout", "8s")
    try:
        waiting.says(NONE_YET)
        server.stop_serving()
        try:
            assert waiting.process.wait(PATIENCE) == 1
        finally:
            server.serve_again()
        told = waiting.err
        assert "error: timed out after 8s, and lost the connection to the server; going on: " in told
        assert f"before that: 0 of {IN_FEW} pods are where they should be\n" in told
        assert told.splitlines()[-1] == f"undo: kubectl ambient disable ns {FEW}"
    finally:
        waiting.stop()


OF_A_WATCH = {
    "410": Fault("", status=410),
    "503": Fault("", status=503, headers={"Retry-After": "1"}),
    "a reset": Fault("", "reset", after=100),
}


@pytest.mark.parametrize("fault", OF_A_WATCH)
def test_a_watch_that_breaks_loses_nothing(server: ApiServer, proxy: FaultProxy, fault: str) -> None:
    watches = rf"/{FEW}/pods\?.*watch="
    proxy.add(replace(OF_A_WATCH[fault], pattern=watches, times=1))
    waiting = Waiting(proxy.kubeconfig(), "enable", "ns", FEW, "--wait")
    try:
        waiting.says(NONE_YET)
        wait_for("the watch", lambda: proxy.count(watches) >= 1)
        redirect(server, "enabled")
        assert waiting.process.wait(PATIENCE) == 0, waiting.told
    finally:
        waiting.stop()


def test_the_time_of_one_request_ends_no_wait(server: ApiServer) -> None:
    """A request may take two seconds, and the wait takes as long as it takes."""
    waiting = Waiting(server.kubeconfig, "enable", "ns", FEW, "--wait", "--request-timeout", "2s")
    try:
        waiting.says(NONE_YET)
        with pytest.raises(subprocess.TimeoutExpired):
            waiting.process.wait(5)
        redirect(server, "enabled")
        assert waiting.process.wait(PATIENCE) == 0, waiting.told
    finally:
        waiting.stop()


@pytest.mark.parametrize("columns", [40, 80])
def test_on_a_terminal_there_is_a_bar_and_nothing_is_left_of_it(server: ApiServer, columns: int) -> None:
    env = kubectl.environ(server.kubeconfig)
    ran = on_terminal(["enable", "ns", FEW, "--wait", "--timeout", "3s"], env, columns=columns)
    assert (ran.code, "waiting for" in ran.written, "\033[?25" in ran.written) == (1, columns == 80, False)
    assert f"0/{IN_FEW}" in ran.written
    assert not [line for line in ran.screen if "━" in line]
    assert f"error: timed out after 3s: 0 of {IN_FEW} pods are where they should be"[:columns] in ran.screen
    assert [line for line in ran.screen if line][-1] == f"undo: kubectl ambient disable ns {FEW}"
