"""Issue 10, number 8: which credential plugins run. The real kubectl is asked beside us where it was built."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from .program import KUBECTL, Ran, ambient, run

GETTING = "Unable to connect to the server: getting credentials: "
APPLYING = "error occurred while applying preferences "
REFUSED = "The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?"
HEAD = "apiVersion: kubectl.config.k8s.io/v1beta1\nkind: Preference\n"
LIST = "credentialPluginPolicy: Allowlist\ncredentialPluginAllowlist: "


@dataclass
class Folder:
    """A plugin `login` that leaves a trace when it runs, and a kubeconfig that names it."""

    path: Path
    write_kubeconfig: Callable[..., Path]
    environ: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        (self.path / "bin").mkdir()
        self.plugin(self.path / "bin" / "login")
        self.environ["PATH"] = f"{self.path}/bin:/bin:/usr/bin"

    def plugin(self, program: Path) -> None:
        answer = '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"abc"}}'
        program.write_text(f"#!/bin/sh\necho x >> {self.path}/ran\necho '{answer}'\n")
        program.chmod(0o755)

    def kuberc(self, content: str, name: str = "rc") -> None:
        (self.path / name).parent.mkdir(parents=True, exist_ok=True)
        (self.path / name).write_text(content)

    def log_in(self, *flags: str, command: str = "login", kubectl: str = "") -> tuple[str, bool]:
        """The first line of what is told, and whether the plugin ran."""
        spec = {"command": command, "apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Never"}
        config = self.write_kubeconfig({"server": "https://127.0.0.1:1"}, {"exec": spec})
        trace = self.path / "ran"
        trace.unlink(missing_ok=True)
        if kubectl:
            ran: Ran = run(kubectl, "get", "--raw", "/api", "--kubeconfig", str(config), *flags, environ=self.environ)
        else:
            ran = ambient("status", "--kubeconfig", str(config), *flags, environ=self.environ)
        assert ran.code == 1
        return ran.err.splitlines()[0], trace.exists()


@pytest.fixture
def folder(tmp_path: Path, write_kubeconfig: Callable[..., Path]) -> Folder:
    return Folder(tmp_path, write_kubeconfig)


def not_permitted(path: object) -> str:
    return f'{GETTING}plugin path "{path}" is not permitted by the credential plugin allowlist'


POLICIES = {
    "credentialPluginPolicy: DenyAll": f'{GETTING}plugin "login" not allowed: policy set to "DenyAll"',
    "credentialPluginPolicy: AllowAll": REFUSED,
    "credentialPluginPolicy: ''": REFUSED,
    "credentialPluginPolicy: Denyall": f'{APPLYING}unknown plugin policy: "Denyall"',
    "credentialPluginPolicy: 5": f"{APPLYING}kuberc error kuberc: no valid preferences found in rc, use --v=5 to"
    " see details",
    "credentialPluginPolicy: [DenyAll": f"{APPLYING}kuberc error kuberc: no valid preferences found in rc, use --v=5"
    " to see details",
    "credentialPluginPolicy: Allowlist": f'{APPLYING}credential plugin policy set to "Allowlist", but allowlist is'
    " unspecified",
    f"{LIST}[]": f'{APPLYING}credential plugin policy set to "Allowlist", but allowlist is empty; use "DenyAll" policy'
    " instead",
    f"{LIST}[{{}}]": f"{APPLYING}misconfigured credential plugin allowlist: empty allowlist entry #1",
    f"{LIST}[{{name: a, command: b}}]": f"{APPLYING}kuberc error kuberc: no valid preferences found in rc, use --v=5 to"
    " see details",
    f"{LIST}[{{command: /a/../b}}]": f'{APPLYING}non-normalized file path: "/a/../b" vs "/b"',
    "credentialPluginPolicy: DenyAll\ncredentialPluginAllowlist: [{command: a}]": f"{APPLYING}misconfigured credential"
    ' plugin allowlist: plugin policy is "DenyAll" but allowlist is non-nil',
    "credentialPluginAllowlist: []": f"{APPLYING}misconfigured credential plugin allowlist: plugin policy is"
    ' "" but allowlist is non-nil',
    f"{LIST}[{{name: login}}]": REFUSED,
    f"{LIST}[{{command: login}}]": REFUSED,
    f"{LIST}[{{command: FOLDER/bin/login}}]": REFUSED,
    f"{LIST}[{{command: other}}, {{command: FOLDER/bin/login}}]": REFUSED,
    f"{LIST}[{{command: other}}]": not_permitted("FOLDER/bin/login"),
    f"{LIST}[{{command: FOLDER/other/login}}]": not_permitted("FOLDER/bin/login"),
}


@pytest.mark.parametrize("policy", POLICIES)
def test_kubercs_plugin_policy(folder: Folder, policy: str) -> None:
    folder.kuberc(HEAD + policy.replace("FOLDER", str(folder.path)))
    folder.environ["KUBERC"] = "rc"
    wanted = POLICIES[policy].replace("FOLDER", str(folder.path))
    assert folder.log_in() == (wanted, wanted == REFUSED)
    if KUBECTL:
        assert folder.log_in(kubectl=KUBECTL) == (wanted, wanted == REFUSED)


DENIED = f'{GETTING}plugin "login" not allowed: policy set to "DenyAll"'


@pytest.mark.parametrize(
    ("environ", "flags", "wanted"),
    [
        ({}, ["--kuberc", "rc"], DENIED),
        ({}, ["--kuberc=rc"], DENIED),
        ({"KUBERC": "allow"}, ["--kuberc=rc"], DENIED),
        ({"KUBERC": "rc"}, ["--kuberc=allow"], REFUSED),
        ({"KUBERC": "missing"}, [], f"{APPLYING}kuberc error kuberc: open missing: no such file or directory"),
        ({}, ["--kuberc=missing"], f"{APPLYING}kuberc error kuberc: open missing: no such file or directory"),
        (
            {"KUBERC": "off"},
            ["--kuberc=rc"],
            f"{APPLYING}kuberc error disabling kuberc via KUBERC=off and passing kuberc flag are mutually exclusive",
        ),
        ({"KUBERC": "off"}, [], REFUSED),
        ({"KUBECTL_KUBERC": "false"}, [], REFUSED),
        ({}, [], DENIED),
    ],
)
def test_where_the_policy_is_read(folder: Folder, environ: dict[str, str], flags: list[str], wanted: str) -> None:
    denied = HEAD + "credentialPluginPolicy: DenyAll\n"
    folder.kuberc(denied)
    folder.kuberc(denied, "home/.kube/kuberc")
    folder.kuberc(HEAD, "allow")
    folder.environ.update(environ)
    assert folder.log_in(*flags) == (wanted, wanted == REFUSED)
    if KUBECTL:
        assert folder.log_in(*flags, kubectl=KUBECTL) == (wanted, wanted == REFUSED)


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        ("kind: Pod\napiVersion: v1\n---\n" + HEAD + "credentialPluginPolicy: DenyAll\n", DENIED),
        (HEAD + "credentialPluginPolicy: DenyAll\n---\n" + HEAD, DENIED),
        (HEAD + "credentialPluginPolicy: DenyAll\nunknown: field\n", DENIED),
        ((HEAD + "credentialPluginPolicy: DenyAll\n").replace("v1beta1", "v1alpha1"), REFUSED),
        ("", REFUSED),
    ],
)
def test_documents_and_versions(folder: Folder, content: str, wanted: str) -> None:
    folder.kuberc(content)
    folder.environ["KUBERC"] = "rc"
    assert folder.log_in() == (wanted, wanted == REFUSED)


def test_a_default_kuberc_that_cannot_be_used_is_told_of_as_in_kubectl(folder: Folder) -> None:
    folder.kuberc("credentialPluginPolicy: [DenyAll", "home/.kube/kuberc")
    path = folder.path / "home/.kube/kuberc"
    told = f"kuberc: no preferences loaded from {path}: no valid preferences found in {path}, use --v=5 to see details"
    assert folder.log_in() == (told, True)
    if KUBECTL:
        line, ran = folder.log_in(kubectl=KUBECTL)
        assert (line.startswith(told), ran) == (True, True)


NOT_FOUND = f"{GETTING}exec: executable login not found"


RELATIVE = ["", ":/bin", ".:/bin", "/bin:", "/bin::/usr/bin", "bin:/bin", "../here:/bin", "./:/bin"]


@pytest.mark.parametrize("path", RELATIVE)
def test_no_plugin_is_taken_from_the_current_folder(folder: Folder, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies in a folder somebody sent is run by no empty or relative entry of PATH."""
    here = folder.path / "here"
    (here / "bin").mkdir(parents=True)
    for place in (here, here / "bin"):
        folder.plugin(place / "login")
    monkeypatch.chdir(here)
    folder.environ["PATH"] = path
    assert without_the_systems_own(folder.log_in()) == (NOT_FOUND, False)


def without_the_systems_own(found: tuple[str, bool]) -> tuple[str, bool]:
    # /bin/login may be a program of the system: it gives no credentials.
    line, ran = found
    return (NOT_FOUND if line.startswith(f"{GETTING}exec: executable login failed with exit code") else line), ran


def test_a_path_in_the_kubeconfig_is_meant(folder: Folder) -> None:
    folder.environ["PATH"] = "/bin"
    assert folder.log_in(command="bin/login") == (REFUSED, True)
    assert folder.log_in(command="./bin/login") == (REFUSED, True)


def test_an_allowlist_names_what_would_run_and_not_what_lies_here(folder: Folder) -> None:
    folder.plugin(folder.path / "mine")
    folder.kuberc(f"{HEAD}{LIST}[{{command: elsewhere}}]")
    folder.environ |= {"KUBERC": "rc", "PATH": ".:/bin"}
    line, ran = folder.log_in(command="mine")
    assert line.startswith(f'{GETTING}plugin path "mine" cannot be resolved for credential plugin allowlist check')
    assert not ran
