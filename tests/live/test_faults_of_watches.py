"""A server that stops and comes back, and what may happen to a watch: it goes on, and nothing is missed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from kubectl_ambient.cluster.reading.watch import BACK
from tests.rig.apiserver import ApiServer
from tests.rig.faults import Fault, FaultProxy
from tests.rig.processes import wait_for
from tests.rig.workloads import AMBIENT

from .long_lists import FEW, IN_FEW
from .long_lists_scene import FIRST, JSON, PAGES, STREAM, Run, proxy, run, undisturbed, whole, with_a_plugin
from .test_watch import Watch

__all__ = ["proxy", "run", "undisturbed", "whole"]


def test_a_server_that_stops_and_comes_back(
    long_lists: ApiServer, run: Run, proxy: FaultProxy, whole: Callable[[str], str]
) -> None:
    expected = {way.words: whole(way.words) for way in (STREAM, PAGES, JSON)}
    running = Watch(long_lists.kubeconfig, "-n", FEW, "--no-headers")
    try:
        running.row(FIRST)
        long_lists.stop_serving()
        try:
            for words in expected:
                told = run(words, "-o json")
                assert (told.code, told.stdout) == (1, "")
                assert told.stderr.startswith(("Unable to connect to the server: ", "The connection to the server "))
        finally:
            long_lists.serve_again()
        assert {words: run(words, "-o json").stdout for words in expected} == expected
        with opted_in(long_lists):
            assert running.row(FIRST, "NotEnrolled")
        assert running.process.poll() is None
    finally:
        running.stop()


def test_an_outage_is_one_line_and_no_pod_that_did_not_change_has_a_row(long_lists: ApiServer) -> None:
    """Issue 13, 9: the watches come back one by one, and what half of them know is no change."""
    running = Watch(long_lists.kubeconfig, "-n", FEW, "--no-headers")
    try:
        assert {running.next().split()[0] for _ in range(IN_FEW)} >= {FIRST}
        time.sleep(3)  # the watches begin
        long_lists.stop_serving()
        try:
            wait_for("the outage to be told", lambda: any("lost" in line for line in running.told))
            time.sleep(10)
        finally:
            long_lists.serve_again()
        wait_for("its end to be told", lambda: BACK in running.told)
        time.sleep(5)
        assert running.lines.empty()
        with opted_in(long_lists):
            assert running.next().split()[0] == FIRST
        assert running.interrupt() == 130
        lost, back = [line for line in running.err.splitlines() if not line.startswith("assumed: ")]
        assert lost.startswith("lost the connection to the server; going on: ")
        assert back == BACK
    finally:
        running.stop()


@contextmanager
def opted_in(long_lists: ApiServer) -> Iterator[None]:
    """The first pod of the plain namespace asks to be in ambient mode meanwhile."""
    path = f"/api/v1/namespaces/{FEW}/pods/{FIRST}"
    long_lists.api.patch(path, {"metadata": {"labels": AMBIENT}})
    try:
        yield
    finally:
        long_lists.api.patch(path, {"metadata": {"labels": dict.fromkeys(AMBIENT)}})


OF_A_WATCH: dict[str, Fault] = {
    "429": Fault("", status=429, headers={"Retry-After": "1"}),
    "503": Fault("", status=503, headers={"Retry-After": "1"}),
    "401": Fault("", status=401),
    "410": Fault("", status=410),
    "a reset": Fault("", "reset", after=100),
}


@pytest.mark.parametrize("fault", OF_A_WATCH)
def test_a_watch_goes_on_after_it(long_lists: ApiServer, proxy: FaultProxy, tmp_path: Path, fault: str) -> None:
    asked, path = with_a_plugin(proxy, tmp_path)
    watches = rf"/{FEW}/pods\?.*watch="
    proxy.add(replace(OF_A_WATCH[fault], pattern=watches, times=1))
    running = Watch(path, "-n", FEW, "--no-headers")
    try:
        running.row(FIRST)
        wait_for("the watch", lambda: proxy.count(watches) >= 1)
        with opted_in(long_lists):
            assert running.row(FIRST, "NotEnrolled")
        wait_for("a second watch", lambda: proxy.count(watches) >= 2)
        assert running.row(FIRST, "NotAmbient")
        assert len(asked.read_text().splitlines()) == (2 if fault == "401" else 1)
        assert running.interrupt() == 130
        assert running.err == ""
    finally:
        running.stop()
