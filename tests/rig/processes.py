"""Child processes that never outlive the one that started them."""

from __future__ import annotations

import atexit
import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

PATIENCE = 90.0
"""Seconds: as long as nothing is wrong nobody waits so long, however busy the machine is."""

# A program that takes on this, and becomes what it is to start. To do it between fork and exec may hang for ever where
# other threads run: a lock that one of them holds at the fork is never let go in the child.
_DIE_WITH_PARENT = f"""
import ctypes, os, sys
ctypes.CDLL(None).prctl(1, {int(signal.SIGKILL)})  # PR_SET_PDEATHSIG
os.execvp(sys.argv[1], sys.argv[1:])
"""
_LAUNCHER = [sys.executable, "-I", "-S", "-c", _DIE_WITH_PARENT] if sys.platform == "linux" else []

# Proxies and credentials of the person's own shell have no business in the test cluster.
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "SSL_CERT_FILE", "SSL_CERT_DIR")


def free_port() -> int:
    """A loopback port that nobody listens on.

    Below those that the kernel gives to connections: one of them would be taken again before the program listens.
    """
    while True:
        port = random.SystemRandom().randrange(15000, 32000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def wait_for(what: str, ask: Callable[[], T | None], seconds: float = PATIENCE, every: float = 0.05) -> T:
    """Ask until the answer is true; the error names what was waited for."""
    until = time.monotonic() + seconds
    while True:
        answer = ask()
        if answer:
            return answer
        if time.monotonic() > until:
            raise TimeoutError(f"{what}: not within {seconds:g} s")
        time.sleep(every)


@contextlib.contextmanager
def ends_within(seconds: float, process: subprocess.Popen[Any]) -> Iterator[None]:
    """Kill it where the block takes longer, and raise TimeoutError: to read from a process has no limit of its own."""
    until = time.monotonic() + seconds
    late = threading.Timer(seconds, process.kill)
    late.start()
    try:
        yield
    finally:
        late.cancel()
    if time.monotonic() > until:
        raise TimeoutError(f"no end within {seconds:g} s: {process.args!r:.2000}")


class Processes:
    """The programs of one server, ended together, last started first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._running: list[tuple[str, subprocess.Popen[bytes]]] = []
        atexit.register(self.stop)

    def start(self, name: str, argv: Sequence[str], env: Mapping[str, str] | None = None) -> None:
        """Start a program; what it prints goes to `NAME.log` in the folder."""
        environment = {key: os.environ[key] for key in _PASSED_ON if key in os.environ}
        environment |= {"TMPDIR": str(self.folder), **(env or {})}
        with self.log(name).open("ab") as log:
            child = subprocess.Popen(
                [*_LAUNCHER, *argv],
                cwd=self.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # A group of its own: Ctrl-C in the terminal reaches us, and we end it in order.
                start_new_session=True,
            )
        self._running.append((name, child))

    def log(self, name: str) -> Path:
        """Where a program's output lies."""
        return self.folder / f"{name}.log"

    def check(self) -> None:
        """Raise, with the end of its log, if a program ended by itself."""
        for name, child in self._running:
            if child.poll() is not None:
                tail = self.log(name).read_text(errors="replace").splitlines()[-15:]
                raise RuntimeError(f"{name} ended with {child.returncode}:\n" + "\n".join(tail))

    def wait_for(self, what: str, ask: Callable[[], T | None], seconds: float = PATIENCE) -> T:
        """Wait, but not for a program that has died."""

        def ask_the_living() -> T | None:
            self.check()
            return ask()

        return wait_for(what, ask_the_living, seconds)

    def stop(self, *names: str) -> None:
        """End the named programs, or all; nothing of theirs is worth a slow farewell."""
        ending = [item for item in reversed(self._running) if not names or item[0] in names]
        for _, child in ending:
            if child.poll() is None:
                child.terminate()
        until = time.monotonic() + 1
        for item in ending:
            try:
                item[1].wait(timeout=max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                item[1].kill()
                item[1].wait(PATIENCE)
            self._running.remove(item)
