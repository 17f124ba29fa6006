"""A user with kubectl, krew and nothing else: a home of their own, and an index of plugins on this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .project import PLUGIN

# Windows' own programs do not start without these.
_SYSTEM = ("SYSTEMROOT", "COMSPEC", "PATHEXT", "WINDIR", "TEMP", "TMP")
_GIT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "index",
    "GIT_AUTHOR_EMAIL": "index@example.com",
    "GIT_COMMITTER_NAME": "index",
    "GIT_COMMITTER_EMAIL": "index@example.com",
}


@dataclass(frozen=True)
class Result:
    """What a command printed, and how it ended."""

    stdout: str
    stderr: str
    code: int


class Machine:
    """Everything below one folder: HOME, KREW_ROOT, and the git repository that krew has its index from."""

    def __init__(self, folder: Path, *, krew: Path, kubectl: Path) -> None:
        self.home = folder / "home"
        self.krew_root = folder / "krew"
        self._index = folder / "index"
        self._kubectl = kubectl
        # Where kubectl finds krew, and no other plugin.
        self.tools = folder / "tools"
        for place in (self.home, self.krew_root, self._index / "plugins", self.tools):
            place.mkdir(parents=True)
        shutil.copy2(krew, self.tools / f"kubectl-krew{krew.suffix}")
        self._git("init", "--quiet")

    def publish(self, manifest: str) -> None:
        """Put a manifest into the index."""
        (self._index / f"plugins/{PLUGIN}.yaml").write_text(manifest, encoding="utf-8", newline="\n")
        self._git("add", ".")
        self._git("commit", "--quiet", "--message", "publish")

    def krew(self, *words: str) -> Result:
        """`kubectl krew` with these words."""
        # krew has git fetch its index.
        places = [self.tools, *(Path(git).parent for git in [shutil.which("git")] if git)]
        settings = {"KREW_ROOT": str(self.krew_root), "KREW_DEFAULT_INDEX_URI": str(self._index)}
        settings |= _GIT | {"KREW_NO_UPGRADE_CHECK": "1"}
        return self._kubectl_with(places, settings, "krew", *words)

    def kubectl(self, *words: str, **settings: str) -> Result:
        """kubectl, which finds what krew installed, and neither a Python nor a cluster."""
        return self._kubectl_with([], settings, *words)

    def remains(self) -> list[str]:
        """What is left of the plugin below KREW_ROOT: its files, link and receipt, not krew's copy of the index."""
        left = [path for place in ("store", "bin", "receipts") for path in (self.krew_root / place).glob("*")]
        return [str(path.relative_to(self.krew_root)) for path in left]

    def _git(self, *words: str) -> None:
        subprocess.run(["git", *words], cwd=self._index, env=os.environ | _GIT, check=True)

    def _kubectl_with(self, places: list[Path], settings: Mapping[str, str], *words: str) -> Result:
        environment = {name: os.environ[name] for name in _SYSTEM if name in os.environ}
        environment |= {"HOME": str(self.home), "USERPROFILE": str(self.home)}
        environment |= {"PATH": os.pathsep.join(map(str, [self.krew_root / "bin", *places])), **settings}
        done = subprocess.run(
            [str(self._kubectl), *words],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=300,
        )
        return Result(done.stdout, done.stderr, done.returncode)
