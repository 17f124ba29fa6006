"""What is not needed is not imported: a command that asks no cluster does not pay for one."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

from kubectl_ambient.cli.commands import COMMANDS, build
from tests.rig.certificates import Authority

EXEC = "client.authentication.k8s.io/v1"
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"

# Runs the program as its console script does, and prints at the end what was imported beyond the bare interpreter.
PROGRAM = """
import os, sys
before = set(sys.modules)
from kubectl_ambient.__main__ import main
sys.argv[0] = "kubectl-ambient"
os._exit = sys.exit
try:
    main()
finally:
    found = sys.modules.keys() - before
    import json
    print(json.dumps(sorted(found)), file=sys.stderr)
"""
NETWORK = {"kubernetes", "urllib3", "http.client", "ssl"}
DECODERS = {"msgspec", "yaml", "tabulate", "ruamel"}
BAR = {"rich"}  # Typer would draw with it, too


def modules_of(*words: str) -> tuple[int, frozenset[str]]:
    """The exit code of a command line, and the modules that it imports."""
    done = subprocess.run([sys.executable, "-c", PROGRAM, *words], capture_output=True, text=True, check=False)
    return done.returncode, frozenset(json.loads(done.stderr.splitlines()[-1]))


@cache
def imported(*words: str) -> frozenset[str]:
    """The modules that a command line imports, which must succeed."""
    code, found = modules_of(*words)
    assert code == 0
    return found


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
    ("labels", "--help"),
]
FILES: Sequence[tuple[str, ...]] = [
    ("status", "-f", str(EXAMPLES)),
    ("status", "-A", "-f", str(EXAMPLES), "-o", "json"),
    ("explain", "pod", "reports-0", "-n", "shop", "-f", str(EXAMPLES)),
    ("enable", "--overwrite", "--local", "-f", str(EXAMPLES)),
    ("labels",),
    ("labels", "-A", "-f", str(EXAMPLES)),
]


@pytest.mark.parametrize("words", [*HELP, *FILES], ids=lambda words: " ".join(words).replace(str(EXAMPLES), "examples"))
def test_without_a_cluster_there_is_no_network(words: tuple[str, ...]) -> None:
    assert among(imported(*words), NETWORK | BAR) == []


@pytest.mark.parametrize("words", HELP, ids=" ".join)
def test_help_decodes_nothing(words: tuple[str, ...]) -> None:
    assert among(imported(*words), DECODERS) == []


@pytest.mark.parametrize("words", FILES[:3], ids=lambda words: words[0])
def test_only_local_edits_import_what_keeps_remarks(words: tuple[str, ...]) -> None:
    assert "ruamel" not in imported(*words)


USERS = {
    "token": {"token": "t"},
    "tokenFile": {"tokenFile": "token"},
    "certificate": {"client-certificate": "user.crt", "client-key": "user.key"},
    "password": {"username": "u", "password": "p"},
    "plugin": {"exec": {"command": "./login", "apiVersion": EXEC, "interactiveMode": "Never"}},
    "auth-provider": {"auth-provider": {"name": "oidc", "config": {"id-token": "t"}}},
}
LIVE = ["status", "explain pod web", "enable ns shop", "version"]


@pytest.fixture(scope="module")
def kubeconfigs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kubeconfig for each way to log in to a server that refuses every connection."""
    folder = tmp_path_factory.mktemp("kube")
    pair = Authority(folder / "pki").issue("user", "user")
    (folder / "user.crt").write_bytes(pair.certificate.read_bytes())
    (folder / "user.key").write_bytes(pair.key.read_bytes())
    (folder / "token").write_text("t")
    answer = json.dumps({"kind": "ExecCredential", "apiVersion": EXEC, "status": {"token": "t"}})
    (folder / "login").write_text(f"#!/bin/sh\necho '{answer}'\n")
    (folder / "login").chmod(0o755)
    for name, user in USERS.items():
        content = {
            "current-context": "c",
            "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}],
            "users": [{"name": "c", "user": user}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "c"}}],
        }
        (folder / name).write_text(json.dumps(content))
    return folder


def imported_in_vain(kubeconfig: Path, command: str) -> frozenset[str]:
    """The modules that a command imports up to the moment when the server refuses the connection."""
    code, found = modules_of(*command.split(), "--kubeconfig", str(kubeconfig))
    assert code == 1
    return found


@pytest.mark.parametrize("command", LIVE)
def test_a_cluster_is_what_imports_the_network(kubeconfigs: Path, command: str) -> None:
    """The counter-proof: these names are those of the modules that a connection takes."""
    found = imported_in_vain(kubeconfigs / "certificate", command)
    assert found >= NETWORK - {"kubernetes"}
    assert among(found, {"kubernetes", "importlib.metadata", "urllib3.http2.connection"}) == []


@pytest.mark.parametrize("user", USERS)
def test_only_an_auth_provider_imports_kubernetes(kubeconfigs: Path, user: str) -> None:
    found = imported_in_vain(kubeconfigs / user, "status")
    assert ("kubernetes" in found) == (user == "auth-provider")


@pytest.mark.parametrize("command", COMMANDS)
def test_only_the_command_that_was_typed_is_imported(command: str) -> None:
    found = imported(command, "--help")
    places = {name: {name, f"change.{name}", f"{name}.group"} for name in COMMANDS}
    modules = {name: {f"kubectl_ambient.cli.{place}" for place in places[name]} for name in COMMANDS}
    assert {name for name in COMMANDS if modules[name] & found} == {command}


def test_the_table_says_what_the_commands_say() -> None:
    for name, summary in COMMANDS.items():
        told = (build(name).help or "").partition("\n\n")[0]
        assert summary == " ".join(told.split())


# Measured with Python 3.11, beyond the bare interpreter, and a tenth more.
@pytest.mark.parametrize(
    ("words", "measured"),
    [(HELP[0], 25), (HELP[2], 125), (HELP[5], 124), (FILES[0], 346), (FILES[2], 325)],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, tuple) else str(value),
)
def test_the_number_of_modules(words: tuple[str, ...], measured: int) -> None:
    found = imported(*words)
    assert len(found) <= measured * 1.1, sorted(found)
