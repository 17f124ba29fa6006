"""What is not needed is not imported: a command that asks no cluster does not pay for one."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"

# Runs the program as its console script does, and prints at the end what was imported beyond the bare interpreter.
PROGRAM = """
import sys
before = set(sys.modules)
from kubectl_ambient.__main__ import main
sys.argv[0] = "kubectl-ambient"
try:
    main()
finally:
    found = sys.modules.keys() - before
    import json
    print(json.dumps(sorted(found)), file=sys.stderr)
"""
NETWORK = {"kubernetes", "urllib3", "http.client", "ssl"}
DECODERS = {"msgspec", "yaml", "tabulate", "ruamel"}


KUBECONFIG = """
current-context: c
clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: c, user: {token: t}}]
contexts: [{name: c, context: {cluster: c, user: c}}]
"""


@cache
def imported(*words: str) -> frozenset[str]:
    """The modules that a command line imports."""
    done = subprocess.run([sys.executable, "-c", PROGRAM, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return frozenset(json.loads(done.stderr.splitlines()[-1]))


def among(modules: frozenset[str], names: set[str]) -> list[str]:
    """Which of these packages or modules were imported."""
    return sorted(name for name in names if name in modules)


HELP: Sequence[tuple[str, ...]] = [
    ("--help",),
    ("--version",),
    ("status", "--help"),
    ("explain", "--help"),
    ("enable", "--help"),
    ("version", "--client"),
]
FILES: Sequence[tuple[str, ...]] = [
    ("status", "-f", str(EXAMPLES)),
    ("status", "-A", "-f", str(EXAMPLES), "-o", "json"),
    ("explain", "pod", "reports-0", "-n", "shop", "-f", str(EXAMPLES)),
    ("enable", "--overwrite", "--local", "-f", str(EXAMPLES)),
]


@pytest.mark.parametrize("words", [*HELP, *FILES], ids=lambda words: " ".join(words).replace(str(EXAMPLES), "examples"))
def test_without_a_cluster_there_is_no_network(words: tuple[str, ...]) -> None:
    assert among(imported(*words), NETWORK) == []


@pytest.mark.parametrize("words", HELP, ids=" ".join)
def test_help_decodes_nothing(words: tuple[str, ...]) -> None:
    assert among(imported(*words), DECODERS) == []


@pytest.mark.parametrize("words", FILES[:3], ids=lambda words: words[0])
def test_only_local_edits_import_what_keeps_remarks(words: tuple[str, ...]) -> None:
    assert "ruamel" not in imported(*words)


def test_a_cluster_is_what_imports_the_network(tmp_path: Path) -> None:
    """The counter-proof: these names are those of the modules that a connection takes."""
    path = tmp_path / "kubeconfig"
    path.write_text(KUBECONFIG)
    words = ("status", "--kubeconfig", str(path))
    done = subprocess.run([sys.executable, "-c", PROGRAM, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert set(json.loads(done.stderr.splitlines()[-1])) >= NETWORK


# Measured with Python 3.11, beyond the bare interpreter, and a tenth more.
@pytest.mark.parametrize(
    ("words", "measured"),
    [(HELP[0], 127), (HELP[2], 127), (HELP[5], 126), (FILES[0], 256), (FILES[2], 218)],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, tuple) else str(value),
)
def test_the_number_of_modules(words: tuple[str, ...], measured: int) -> None:
    found = imported(*words)
    assert len(found) <= measured * 1.1, sorted(found)
