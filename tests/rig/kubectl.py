"""Runs the real kubectl (and, through it, the plugin) as a person would."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from . import programs

if TYPE_CHECKING:
    from .apiserver import ApiServer


@dataclass(frozen=True)
class Result:
    """What a command printed, and how it ended."""

    stdout: str
    stderr: str
    code: int


class KubectlError(AssertionError):
    """A kubectl command that had to work did not."""


def run(
    *arguments: str,
    kubeconfig: Path | str | None,
    stdin: str | None = None,
    env: Mapping[str, str] | None = None,
    check: bool = False,
    timeout: float = 180,
) -> Result:
    """Run kubectl with exactly this kubeconfig; plugins are found next to this Python."""
    environment = environ(kubeconfig)
    environment |= env or {}
    done = subprocess.run(
        [programs.program("kubectl"), *arguments],
        input=stdin if stdin is not None else "",
        env=environment,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    if check and done.returncode != 0:
        raise KubectlError(f"kubectl {' '.join(arguments)}: {done.returncode}\n{done.stdout}{done.stderr}")
    return Result(done.stdout, done.stderr, done.returncode)


def environ(kubeconfig: Path | str | None) -> dict[str, str]:
    """The environment in which kubectl finds the plugin, and exactly this kubeconfig."""
    # Not resolved: the link in the virtual environment is what lies beside the plugin.
    places = [str(Path(sys.executable).parent), str(Path(programs.program("kubectl")).parent), os.environ["PATH"]]
    environment = {key: value for key, value in os.environ.items() if not _is_foreign(key)}
    environment |= {"PATH": os.pathsep.join(places), "KUBECONFIG": str(kubeconfig or os.devnull), "KUBERC": "off"}
    if kubeconfig:
        # Discovery is remembered there, and not among the person's own clusters.
        environment["KUBECACHEDIR"] = str(Path(kubeconfig).parent / "kubectl-cache")
    return environment


class Runner:
    """kubectl (or a plugin of it) against one server, as the administrator or as somebody else."""

    def __init__(self, server: ApiServer, *prefix: str, check: bool = False) -> None:
        self._server = server
        self._prefix = prefix
        self._check = check

    def __call__(
        self,
        *arguments: str,
        user: str | None = None,
        groups: tuple[str, ...] = (),
        kubeconfig: Path | str | None = None,
        stdin: str | None = None,
        env: Mapping[str, str] | None = None,
        check: bool | None = None,
        timeout: float = 180,
    ) -> Result:
        """Run it; `check` raises when it fails."""
        chosen = kubeconfig or (self._server.user(user, groups) if user else self._server.kubeconfig)
        return run(
            *self._prefix,
            *arguments,
            kubeconfig=chosen,
            stdin=stdin,
            env=env,
            check=self._check if check is None else check,
            timeout=timeout,
        )


def _is_foreign(key: str) -> bool:
    """Settings of the person's shell that would send a test elsewhere or change what is printed."""
    return key.lower().endswith("_proxy") or key.startswith("KUBE") or key in ("COLUMNS", "LINES", "NO_COLOR")
