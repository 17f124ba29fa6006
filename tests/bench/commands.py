"""The command lines that are measured, and how they are run."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from tests.rig import programs
from tests.rig.apiserver import ApiServer

ROOT = Path(__file__).resolve().parents[2]
AMBIENT_HERE = ROOT / ".venv" / "bin" / "kubectl-ambient"


@dataclass(frozen=True)
class Programs:
    """The plugin that is measured; kubectl is the one that was built beside the server."""

    ambient: str

    def words(self, name: str) -> list[str]:
        """A command line as it is told (`kubectl …` or `kubectl ambient …`), with the programs' paths."""
        words = shlex.split(name)
        return [self.ambient, *words[2:]] if words[1] == "ambient" else [programs.program("kubectl"), *words[1:]]


def of(server: ApiServer) -> dict[str, str]:
    """The environment that leads to a server; kubectl remembers there what types it has."""
    return {"KUBECONFIG": str(server.kubeconfig), "KUBECACHEDIR": str(server.kubeconfig.parent / "kubectl-cache")}
