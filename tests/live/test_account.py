"""Issue 10, "It shows" 3: `enable` of 24 objects ends at 200 random moments, and its account is true each time.

The moments are those of a seed, which is printed; ACCOUNT_SEED sets it, and in CI it is always the same.
"""

from __future__ import annotations

import os
import queue
import random
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from tests.rig import kubectl
from tests.rig.apiserver import ApiServer
from tests.rig.endings import Ending, Told, at_change, no_threads_after, run, run_lines
from tests.rig.faults import Fault, FaultProxy
from tests.rig.workloads import OPTED_OUT, namespace

LABEL = "istio.io/dataplane-mode"
SEED = os.environ.get("ACCOUNT_SEED") or ("24" if os.environ.get("CI") == "true" else str(random.randrange(10**6)))
SIDE_BY_SIDE = 3
INT, TERM, HUP, KILL = signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL
OUTPUTS: list[tuple[str, ...]] = [(), (), ("-o", "name"), ("-o", "json")]


def a_signal(moment: random.Random) -> Ending:
    numbers = moment.choice([(INT,), (TERM,), (HUP,), (INT,), (INT, INT), (TERM, TERM), (INT, TERM), (INT,) * 10])
    return Ending(signals=numbers, after_lines=moment.randrange(24), pause=moment.random() ** 4 * 0.5)


def a_kill(moment: random.Random) -> Ending:
    return Ending(signals=(KILL,), after_lines=moment.randrange(24), pause=moment.random() ** 4 * 0.5)


def a_stream(moment: random.Random) -> Ending:
    words = [">&-", "2>&-", ">/dev/full", "2>/dev/full", ">/dev/full 2>&1", ">&- 2>&-", "<&- >&-", "2>&- >/dev/full"]
    way = moment.randrange(3)
    if way == 0:
        return Ending(reader=1, after_lines=moment.randrange(1, 24))
    return Ending(reader=2) if way == 1 and moment.random() < 0.3 else Ending(redirect=moment.choice(words))


def starved(moment: random.Random) -> Ending:
    number = moment.randrange(1, 25)
    room = moment.choice([0, 64, 256, 1024, 4096]) << 10
    memory = "with open('/proc/self/statm') as f: size = int(f.read().split()[0]) * resource.getpagesize()"
    match moment.randrange(4):
        case 0:
            return Ending(prelude=no_threads_after(moment.randrange(40)))
        case 1:
            limit = f"resource.setrlimit(resource.RLIMIT_AS, (size + {room},) * 2)"
            return Ending(prelude=at_change(number, f"{memory}\n            {limit}"))
        case 2:
            return Ending(prelude=at_change(number, "resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))"))
    error = moment.choice(["MemoryError", "RuntimeError('odd')", "OSError(5, 'odd')", "SystemExit(0)"])
    return Ending(prelude=at_change(number, f"raise {error}"))


def with_faults(moment: random.Random) -> Ending:
    """Answers get lost on the way, by `a_fault`; half of the runs end early besides."""
    if moment.random() < 0.5:
        return Ending()
    return Ending(signals=moment.choice([(INT,), (TERM,), (INT, INT)]), after_lines=moment.randrange(24))


def a_fault(moment: random.Random) -> Fault:
    """An answer to the change of one of the namespaces that gets lost, or says nothing."""
    pattern = rf"/namespaces/a\d-{moment.randrange(24):02}\?"
    times = moment.choice([1, None])
    match moment.randrange(5):
        case 0:
            return Fault(pattern, "reset", method="PATCH", times=times, after=moment.choice([0, 30, 200]))
        case 1:
            return Fault(pattern, "garbage", method="PATCH", times=times, after=moment.choice([0, 100]))
        case 2:
            return Fault(pattern, "hang", method="PATCH", times=times, delay=moment.choice([0.2, 1.0]))
    headers = moment.choice([{}, {"Retry-After": "0"}])
    status = moment.choice([429, 500, 502, 503, 504, 403])
    done = status not in (429, 403) and moment.random() < 0.7
    return Fault(pattern, method="PATCH", times=times, status=status, done=done, headers=headers)


@dataclass(frozen=True)
class Scene:
    """Sets of 24 namespaces, two of them opted out before; for each run at a time one, with a proxy of its own."""

    server: ApiServer
    proxies: list[FaultProxy]
    free: queue.SimpleQueue[int]

    def labels(self, number: int) -> dict[str, str | None]:
        found = self.server.api.items(f"/api/v1/namespaces?labelSelector=set%3D{number}")
        return {item["metadata"]["name"]: item["metadata"]["labels"].get(LABEL) for item in found}

    def reset(self, number: int, wanted: dict[str, str | None]) -> None:
        for name, value in self.labels(number).items():
            if value != wanted[name]:
                self.server.api.patch(f"/api/v1/namespaces/{name}", {"metadata": {"labels": {LABEL: wanted[name]}}})


@pytest.fixture(scope="module")
def scene(bare_cluster: ApiServer) -> Iterator[Scene]:
    free: queue.SimpleQueue[int] = queue.SimpleQueue()
    names = []
    for number in range(SIDE_BY_SIDE):
        for i in range(24):
            names.append(f"a{number}-{i:02}")
            bare_cluster.apply(
                namespace(names[-1], {"set": str(number), **(OPTED_OUT if names[-1] in ("a0-05", "a0-17") else {})})
            )
        free.put(number)
    proxies = [FaultProxy(bare_cluster).start() for _ in range(SIDE_BY_SIDE)]
    yield Scene(bare_cluster, proxies, free)
    for proxy in proxies:
        proxy.stop()
    for name in names:
        bare_cluster.api.request("DELETE", f"/api/v1/namespaces/{name}")


@pytest.mark.parametrize(
    ("kind", "count"), [(a_signal, 60), (a_kill, 25), (a_stream, 40), (starved, 30), (with_faults, 45)]
)
def test_the_account_is_true(
    scene: Scene, kind: Callable[[random.Random], Ending], count: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with capsys.disabled():
        print(f" ACCOUNT_SEED={SEED} ", end="", flush=True)
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        # Each has its own moments, whatever becomes of the others.
        for told in pool.map(lambda i: one(scene, kind, random.Random(f"{SEED} {kind.__name__} {i}")), range(count)):
            assert told is None


def one(scene: Scene, kind: Callable[[random.Random], Ending], moment: random.Random) -> None:
    """One run, its end, the truth of what it told, and the way back."""
    number = scene.free.get(timeout=120)  # as long as one may take; one that could not be reset never comes back
    before = scene.labels(number)
    proxy = scene.proxies[number]
    try:
        ending = kind(moment)
        faults = [proxy.add(a_fault(moment)) for _ in range(moment.randrange(1, 4))] if kind is with_faults else []
        kubeconfig = proxy.kubeconfig() if faults else scene.server.kubeconfig
        output = moment.choice(OUTPUTS)
        words = ["enable", "ns", "-l", f"set={number}", "--overwrite", *output]
        told = run(words, ending, kubectl.environ(kubeconfig))
        if told.unknown or told.code < 0:
            time.sleep(0.5)  # what was sent may still be applied
        check(scene, number, before, told, f"{output} {ending}\n{faults}\n{told.code}\n{told.out}\n{told.err}")
    finally:
        proxy.clear()
        try:
            scene.reset(number, before)
        finally:
            scene.free.put(number)


def check(scene: Scene, number: int, before: dict[str, str | None], told: Told, shown: str) -> None:
    after = scene.labels(number)
    changed = {name for name, value in after.items() if value != before[name]}
    assert {after[name] for name in told.done} <= {"ambient"}, shown
    assert {after[name] for name in changed} <= {"ambient"}, shown
    early = told.code == -INT and not changed and not told.out  # Python itself had not begun with us yet
    assert "Traceback" not in told.err or early, shown
    if told.code < 0:  # killed: there was no time for an account
        assert len(changed - told.done) <= 10 or "json" in shown, shown
        return
    if not told.out and not told.err:  # nobody could be told: no more than what was under way when that came out
        assert told.code, shown
        assert len(changed) <= 10 or "json" in shown, shown
        return
    # Lines that a reader did not stay for were written all the same: of those the undo line tells.
    restored = {name for undo in told.undoes for name in before if f" {name} " in f"{undo} " or " -l " in undo}
    assert changed <= told.done | told.unknown | restored, shown
    assert bool(told.unknown) == bool(told.shows), shown
    if told.code == 0:
        assert told.done | restored >= before.keys(), shown
        assert not told.unknown, shown
    environment = kubectl.environ(scene.server.kubeconfig)
    run_lines([*told.shows, *told.undoes], environment)
    if told.undoes or not changed:
        assert scene.labels(number) == before, shown
    else:
        assert told.out.startswith("{"), shown  # JSON, which such lines would break
        assert not told.err, shown
