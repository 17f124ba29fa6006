"""Issue 10, number 12: what SECURITY.md promises is what the roles, the code and the running program do."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from kubectl_ambient import HOMEPAGE
from kubectl_ambient.change.targets import KINDS, WAYPOINT_KINDS
from kubectl_ambient.cluster.facts import DATAPLANE_MODE
from kubectl_ambient.kube.resources import TABLE
from kubectl_ambient.mesh.waypoint.reference import USE_WAYPOINT, USE_WAYPOINT_NAMESPACE
from tests.cli.objects_api import ObjectsApi
from tests.kube.standin import StandIn

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
WORDS = " ".join(PAGE.split())
ROLES = {role["metadata"]["name"]: role for role in yaml.safe_load_all((ROOT / "docs/rbac.yaml").read_text("utf-8"))}
PACKAGE = ROOT / "kubectl_ambient"


def table(mark: str) -> list[list[str]]:
    """The rows of the table after a mark, without its head."""
    after = PAGE.partition(f"<!-- {mark} -->\n")[2].partition("\n\n")[0]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in after.splitlines()[2:]]


def given(role: str) -> set[tuple[str, str]]:
    """Each group and resource of a role."""
    return {
        (g, r)
        for rule in ROLES[f"kubectl-ambient-{role}"]["rules"]
        for g in rule["apiGroups"]
        for r in rule["resources"]
    }


# What it reads and writes


def test_it_reads_what_the_role_allows() -> None:
    rows = table("reads")
    told = {("" if group == "core" else group, each) for group, names in rows for each in names.split(", ")}
    assert told == given("view")
    assert {verb for rule in ROLES["kubectl-ambient-view"]["rules"] for verb in rule["verbs"]} == {
        "get",
        "list",
        "watch",
    }


def test_it_does_not_know_secrets() -> None:
    names = {name for entry in TABLE for name in (entry.plural, entry.kind.lower(), entry.singular, *entry.short_names)}
    assert not names & {"secret", "secrets"}
    assert ("", "secrets") not in given("view") | given("patch")


def test_it_writes_these_labels_on_these_kinds() -> None:
    (mode, mode_labels, mode_kinds), (waypoint, waypoint_labels, waypoint_kinds) = table("writes")
    plurals = {entry.kind: entry.plural for entry in TABLE}
    assert (mode, waypoint) == ("`enable`, `disable`", "`waypoint enable`, `waypoint disable`")
    assert mode_labels == f"`{DATAPLANE_MODE}`"
    assert waypoint_labels == f"`{USE_WAYPOINT}`, `{USE_WAYPOINT_NAMESPACE}`"
    told = set(re.split(r", and the pod templates of |, ", mode_kinds))
    # The template of a Job cannot be changed.
    assert told == {plurals[kind] for kind in KINDS if kind != "Job"}
    assert set(waypoint_kinds.split(", ")) == {plurals[kind] for kind in WAYPOINT_KINDS}
    assert told | set(waypoint_kinds.split(", ")) == {resource for _, resource in given("patch")}


# What the code can do

WRITES = {
    "write_text",
    "write_bytes",
    "mkstemp",
    "mkdtemp",
    "NamedTemporaryFile",
    "TemporaryDirectory",
    "mkdir",
    "makedirs",
}
WRITES |= {"replace_file", "touch", "symlink_to", "hardlink_to", "copyfile", "copy2", "copytree"}


def modules_that(does: str) -> set[str]:
    """The modules whose code writes files, or starts programs."""
    return {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if any(_does(node, does) for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    }


def _does(node: ast.AST, does: str) -> bool:
    if does == "starts":
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        return "subprocess" in names or (isinstance(node, ast.ImportFrom) and node.module == "subprocess")
    if not isinstance(node, ast.Call):
        return False
    called = ast.unparse(node.func)
    method = called.rpartition(".")[2]
    if method in ("open", "fdopen"):
        texts = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
        return any(set(text) <= set("rwxabt+") and set(text) & set("wxa+") for text in texts) or (
            "O_CREAT" in ast.unparse(node)
        )
    return method in WRITES or called in ("os.replace", "os.rename")


def test_the_code_writes_the_files_that_are_told() -> None:
    told = PAGE.partition("<!-- files -->\n")[2].partition("\n\n")[0]
    assert re.findall(r"^- (?:the )?`?([\w-]+)", told, re.MULTILINE) == [
        "kubeconfig",
        "manifests",
        "kubectl_complete-ambient",
    ]
    # memory_file.py puts keys before Python's ssl, which takes paths only; tests/kube holds that no disk sees them.
    assert modules_that("writes") - {"kube/memory_file.py"} == {
        "kube/persist.py",
        "cli/completion/install.py",
        "runs/change/manifest.py",
    }


def test_the_code_starts_the_exec_plugin_only() -> None:
    found = modules_that("starts")
    assert found
    assert all(module.startswith("kube/exec_") for module in found), found


# What the program does

WATCH = """\
import os, sys
log = os.open(os.environ["AUDIT_LOG"], os.O_WRONLY | os.O_APPEND)

def seen(event, args):
    told = ""
    if event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        told = f"writes {args[0]}"
    elif event in ("os.mkdir", "os.rename", "os.remove", "os.link", "os.symlink", "os.truncate"):
        told = f"{event} {args[0]}"
    elif event in ("subprocess.Popen", "os.exec", "os.posix_spawn", "os.fork", "os.system"):
        told = f"starts {args}"
    elif event == "socket.connect":
        told = f"connects {args[1][:2]}"
    elif event == "socket.getaddrinfo":
        told = f"looks up {args[0]}"
    if told:
        os.write(log, (told + "\\n").encode())

sys.addaudithook(seen)
"""


@pytest.fixture
def server() -> Iterator[StandIn]:
    standin = StandIn()
    yield standin
    standin.stop()


def watched(folder: Path, *words: str) -> tuple[set[str], subprocess.CompletedProcess[str]]:
    """What Python itself saw the program do beyond reading, and how it ended."""
    (folder / "sitecustomize.py").write_text(WATCH)
    (folder / "home").mkdir()
    log = folder / "log"
    log.touch()
    settings = {"PYTHONPATH": f"{folder}{os.pathsep}{ROOT}", "AUDIT_LOG": str(log), "PYTHONDONTWRITEBYTECODE": "1"}
    settings["PYTHONUTF8"] = "1"
    keep = {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}
    home = {"HOME": str(folder / "home"), "USERPROFILE": str(folder / "home"), "PATH": "/nowhere"}
    done = subprocess.run(
        [sys.executable, "-m", "kubectl_ambient", *words],
        env={**keep, **home, **settings},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert list((folder / "home").iterdir()) == []
    return set(log.read_text().splitlines()) - {f"writes {os.devnull}"}, done


@pytest.mark.parametrize(
    "line",
    [
        "status -A -f examples",
        "explain pod reports-0 -n shop -f examples -o json",
        "labels -A -f examples",
        "waypoint status -A -f examples",
        "disable --local -f examples/shop.yaml",
        "version --client",
        "completion bash",
    ],
)
def test_without_a_cluster_it_only_reads(line: str, tmp_path: Path) -> None:
    did, done = watched(tmp_path, *line.replace("examples", str(ROOT / "examples")).split())
    assert done.returncode == 0, done.stderr
    assert did == set()


def test_with_a_cluster_it_speaks_with_the_server_only(server: StandIn, tmp_path: Path) -> None:
    api = ObjectsApi(server)
    api.add("/api/v1/namespaces/shop")
    did, done = watched(tmp_path, "enable", "ns", "shop", "--server", server.url)
    assert done.stdout == "namespace/shop labeled\n", done.stderr
    assert did - {"looks up 127.0.0.1"} == {f"connects ('127.0.0.1', {server.port})"}
    assert {seen.method for seen in server.seen} == {"GET", "PATCH"}
    (patch,) = api.patches
    assert json.loads(patch.body)["metadata"]["labels"] == {DATAPLANE_MODE: "ambient"}


def test_the_watch_sees_what_is_written(tmp_path: Path) -> None:
    """The counter-proof: `completion install` writes its one script."""
    place = tmp_path / "bin"
    place.mkdir()
    did, done = watched(tmp_path, "completion", "install", "--dir", str(place))
    assert done.returncode == 0, done.stderr
    (script,) = place.iterdir()
    assert did == {f"writes {script}"}
    assert script.stem == "kubectl_complete-ambient"


# How to report, and how to verify


def test_how_to_report_is_the_same_everywhere() -> None:
    address = f"{HOMEPAGE}/security/advisories/new"
    template = yaml.safe_load((ROOT / ".github/ISSUE_TEMPLATE/config.yml").read_text(encoding="utf-8"))
    assert f"]({address})" in PAGE
    assert [link["url"] for link in template["contact_links"]] == [address]
    for name in ("README.md", "CONTRIBUTING.md"):
        assert "[SECURITY.md](SECURITY.md)" in (ROOT / name).read_text(encoding="utf-8")


def test_what_verifies_a_release_is_in_a_release() -> None:
    release = (ROOT / ".github/workflows/release.yml").read_text(encoding="utf-8")
    assert f"gh attestation verify FILE --repo {HOMEPAGE.removeprefix('https://github.com/')}\n" in PAGE
    assert "sha256sum --check --ignore-missing SHA256SUMS\n" in PAGE
    assert "SHA256SUMS" in release
    jobs = yaml.safe_load(release)["jobs"]
    (built, _) = (step["with"] for step in jobs["attest"]["steps"] if "attest@" in step["uses"])
    assert built["subject-path"] == "dist/*"
    assert ".cdx.json" in release
    assert "`kubectl-ambient_VERSION.cdx.json`" in PAGE


@pytest.mark.parametrize(
    "words",
    [
        "no telemetry",
        "A client key in the kubeconfig's own text is never written to disk",
        "the issuer of tokens is verified always",
        "No message holds a credential",
        "`credentialPluginPolicy`",
        "not known (it was sent, and may still be applied)",
        "on one line",
        "quoted word by word",
        "excessively",
        "a deadline over the whole request",
    ],
)
def test_what_other_tests_hold_stays_promised(words: str) -> None:
    assert words in WORDS
