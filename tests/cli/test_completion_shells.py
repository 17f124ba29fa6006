"""The scripts in the real shells, on a terminal, with TAB. bash is on every machine; zsh and fish where they are."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator

import pytest

from .completion_terminal import Terminal
from .enable_fixtures import Run

START = {
    "bash": ("bash", "--norc", "--noprofile", "-i"),
    "zsh": ("zsh", "-f", "-i"),
    "fish": ("fish", "--no-config", "-i"),
}
# `shown` prints its words in brackets.
PREPARE = {
    "bash": r"""PS1='> '; shown() { printf '[%s]' "$@"; echo; }""",
    "zsh": r"""PS1='> '; bindkey -e; autoload -Uz compinit; compinit -u -D; shown() { printf '[%s]' "$@"; echo; }""",
    "fish": r"""function fish_prompt; echo '> '; end; function shown; printf '[%s]' $argv; echo; end""",
}
LOAD = {shell: f"source <(kubectl-ambient completion {shell})" for shell in ("bash", "zsh")}
LOAD["fish"] = "kubectl-ambient completion fish | source"

KUBECONFIG = """
contexts:
- {name: "arn:aws:eks:prod", context: {}}
- {name: "arn:aws:eks:dev", context: {}}
- {name: "odd;touch it", context: {}}
- {name: "$(touch it)", context: {}}
"""


@pytest.fixture(scope="module", params=[shell for shell in START if shutil.which(shell)])
def shell(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    """A shell with the script loaded as its help says, in a folder with one file."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "manifest.yaml").write_text("")
    kubeconfig = tmp_path_factory.mktemp("kube") / "config"
    kubeconfig.write_text(KUBECONFIG)
    programs = tmp_path_factory.mktemp("bin")
    plugin = programs / "kubectl-ambient"
    plugin.write_text(f"#!{sys.executable}\nfrom kubectl_ambient.__main__ import main\nmain()\n")
    plugin.chmod(0o755)
    environment = {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),
        "KUBECONFIG": str(kubeconfig),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    terminal = Terminal(START[request.param], folder, environment)
    terminal.run(PREPARE[request.param])
    terminal.run(LOAD[request.param])
    yield terminal
    terminal.close()
    assert sorted(path.name for path in folder.iterdir() if not path.name.startswith(".")) == ["manifest.yaml"]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("sta", ["status", "X"]),
        ("status --no-h", ["status", "--no-headers", "X"]),
        ("status -o j", ["status", "-o", "json", "X"]),
        ("status --output=j", ["status", "--output=json", "X"]),
        ("status -oj", ["status", "-ojson", "X"]),
        ("explain   ns/a dep", ["explain", "ns/a", "deploy/X"]),
        ('version -l "a b" -o y', ["version", "-l", "a b", "-o", "yaml", "X"]),
        ("version --context arn:aws:eks:d", ["version", "--context", "arn:aws:eks:dev", "X"]),
        ("version --context=arn:aws:eks:p", ["version", "--context=arn:aws:eks:prod", "X"]),
        ("version --context od", ["version", "--context", "odd;touch it", "X"]),
        ("status -f man", ["status", "-f", "manifest.yaml", "X"]),
        ("status --filename=man", ["status", "--filename=manifest.yaml", "X"]),
        ("version man", ["version", "manX"]),
        ("nope man", ["nope", "manX"]),
        ("completion ba", ["completion", "bash", "X"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_tab(shell: Terminal, typed: str, words: list[str]) -> None:
    assert shell.complete(f"kubectl-ambient {typed}") == ["kubectl-ambient", *words]


def test_tab_twice_lists_with_what_each_does(shell: Terminal) -> None:
    screen = shell.listed("kubectl-ambient e")
    assert "explain" in screen
    assert "Tell why a pod is or is not in ambient mode" in screen
    assert "disable" not in screen


def test_before_the_end_of_the_line(shell: Terminal) -> None:
    """The cursor goes back over ` -A`, and TAB completes what is before it."""
    left = "\x02" * 3
    words = shell.complete(f"kubectl-ambient sta -A{left}")
    # The shells do not agree on the blank where one stands already.
    assert " ".join(words).replace("X", "").split() == ["kubectl-ambient", "status", "-A"]


@pytest.mark.parametrize("name", ["bash", "zsh", "fish", "powershell"])
def test_every_script_asks_the_hidden_command(ambient: Run, name: str) -> None:
    told = ambient("completion", name)
    assert (told.code, told.err) == (0, "")
    assert " __complete " in told.out
    assert f"completion {name}" in ambient("completion", name, "--help").out
