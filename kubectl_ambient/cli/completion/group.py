"""`kubectl ambient completion`: where kubectl finds the completion, and scripts for `kubectl-ambient` itself."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from kubectl_ambient.cli.summaries import group
from kubectl_ambient.render.say import say

Directory = Annotated[str, typer.Option("--dir", help="The folder; else that of kubectl-ambient, or one of the PATH.")]

app = group("""Complete commands, flags and names with TAB.

\b
For “kubectl ambient …”:   kubectl ambient completion install
For “kubectl-ambient …”:   kubectl ambient completion bash|zsh|fish|powershell
""")

# How kubectl's own help has it (`kubectl completion --help`).
_LOAD = {
    "bash": "source <(kubectl completion bash)",
    "zsh": "source <(kubectl completion zsh)",
    "fish": "kubectl completion fish | source",
    "powershell": "kubectl completion powershell | Out-String | Invoke-Expression",
}


@app.command("install")
def install(directory: Directory = "") -> None:
    """Let kubectl complete “kubectl ambient …”: write kubectl_complete-ambient where it finds it.

    pip and pipx bring that program with them, krew does not. Another file of that name is never overwritten.
    """
    from kubectl_ambient.cli.completion import install as completion_install

    path, written = completion_install.install(directory, os.environ)
    say(f"{path} {'installed' if written else 'came with the package: there is nothing to install'}")
    if not completion_install.is_on_path(path.parent, os.environ):
        say(f"{path.parent} is not on the PATH: kubectl will not find it there", file=sys.stderr)
    say(f"kubectl's own completion must be on as well: {_LOAD[_shell()]}", file=sys.stderr)


@app.command("uninstall")
def uninstall(directory: Directory = "") -> None:
    """Remove what “completion install” wrote, and nothing else."""
    from kubectl_ambient.cli.completion import install as completion_install

    removed = completion_install.uninstall(directory, os.environ)
    for path in removed:
        say(f"{path} uninstalled")
    if not removed:
        say(f"No {completion_install.PROGRAM} of ours found in {directory or 'the PATH'}.", file=sys.stderr)


@app.command("bash")
def bash() -> None:
    """Print the script that completes “kubectl-ambient …” in bash.

    \b
    In this shell:   source <(kubectl ambient completion bash)
    In every shell:  add that line to ~/.bashrc
    """
    _print("bash")


@app.command("zsh")
def zsh() -> None:
    """Print the script that completes “kubectl-ambient …” in zsh.

    \b
    In this shell:   source <(kubectl ambient completion zsh)
    In every shell:  add that line to ~/.zshrc, after compinit
    """
    _print("zsh")


@app.command("fish")
def fish() -> None:
    """Print the script that completes “kubectl-ambient …” in fish.

    \b
    In this shell:   kubectl ambient completion fish | source
    In every shell:  kubectl ambient completion fish > ~/.config/fish/completions/kubectl-ambient.fish
    """
    _print("fish")


@app.command("powershell")
def powershell() -> None:
    """Print the script that completes “kubectl-ambient …” in PowerShell.

    \b
    In this shell:   kubectl ambient completion powershell | Out-String | Invoke-Expression
    In every shell:  add that line to $PROFILE
    """
    _print("powershell")


def _print(shell: str) -> None:
    from kubectl_ambient.cli.completion.scripts import SCRIPTS

    print(SCRIPTS[shell], end="")


def _shell() -> str:
    """The person's shell, as far as the environment tells."""
    name = Path(os.environ.get("SHELL", "")).name
    return name if name in _LOAD else "powershell" if os.name == "nt" else "bash"
