"""The least that an archive must do on a system before it is published: install, answer, fail well, and go away."""

from __future__ import annotations

import tempfile
from pathlib import Path

from .machine import Machine, Result
from .project import PLUGIN, ROOT, VERSION, ReleaseError, this_platform

EXAMPLES = ROOT / "examples"
# kubectl on Windows turns every exit code but 0 into 1.
_WRONG_USAGE = 1 if this_platform().os == "windows" else 2


def smoke(dist: Path, *, krew: Path, kubectl: Path) -> None:
    """Try this platform's archive of a folder, by the manifest beside it. Raises ReleaseError."""
    archive, manifest = dist / this_platform().archive(), dist / f"{PLUGIN}.yaml"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        machine = Machine(Path(folder).resolve(), krew=krew, kubectl=kubectl)
        machine.publish(manifest.read_text(encoding="utf-8"))
        _expect(machine.krew("update"), 0, "")
        _expect(machine.krew("install", f"--manifest={manifest}", f"--archive={archive}"), 0, "")
        answers(machine)
        _expect(machine.krew("uninstall", PLUGIN), 0, "")
        if left := machine.remains():
            raise ReleaseError(f"krew uninstall left {', '.join(left)}")


def answers(machine: Machine, version: str = VERSION) -> None:
    """Ask the installed plugin a few things through kubectl. Raises ReleaseError if one answer is not the expected."""
    ask = machine.kubectl
    files = str(EXAMPLES)
    _expect(ask(PLUGIN, "version", "--client"), 0, f"v{version}")
    _expect(ask(PLUGIN, "status", "-A", "-f", files), 0, "NAMESPACE")
    _expect(ask(PLUGIN, "explain", "pod", "reports-0", "-n", "shop", "-f", files), 0, "reports-0")
    _expect(ask(PLUGIN, "explain", "pod", "nobody", "-n", "shop", "-f", files), 1, "nobody")
    _expect(ask(PLUGIN, "status", "--no-such-flag"), _WRONG_USAGE, "--no-such-flag")


def _expect(told: Result, code: int, words: str) -> None:
    if told.code != code or words not in told.stdout + told.stderr or "Traceback" in told.stderr:
        raise ReleaseError(
            f"exit code {told.code} for {code}, and {words!r} was expected in:\n{told.stdout}{told.stderr}"
        )
