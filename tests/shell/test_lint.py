"""What `make lint` says of a command that is not built by the one type: it must find each way to do so."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import command_lint
import pytest

ROOT = Path(__file__).resolve().parents[2]

PLANTED = [
    'f"kubectl label ns {name} a=b"',
    'f"to mend it: kubectl edit gateway {name}"',
    'f"{why}; istioctl waypoint apply -n {home}"',
    'f"oc label ns {name}"',
    'f"helm uninstall {name}"',
    '"kubectl get pod %s" % name',
    '"kubectl get pod %(name)s -n %(home)s" % found',
    '"kubectl get pod {}".format(name)',
    '"kubectl get pod {name}".format_map(found)',
    '"kubectl get pod " + name',
    '("kubectl get " + "pod ") + name',
    '"why: " + "kubectl get " + name',
    '" ".join(["kubectl", "get", name])',
    '" ".join(("kubectl get", name))',
    '" ".join(["istioctl", *words])',
    '"kubectl get NAME".replace("NAME", name)',
    'program = "kubectl"',
    'head = "kubectl get pod"',
    'told += "see why: kubectl get "',
    'shlex.join(["kubectl", "get", name])',
    'f"# change the manifest of {name}"',
    'kubectl(f"get {name}")',
    'kubectl("get " + name)',
    'kubectl("get {}".format(name))',
    'istioctl("waypoint apply", f"--name={name}")',
    'kubectl("get", *(f"-l{name}" for name in names))',
    'Command(("kubectl", name))',
    "Word(name)",
    "words.Word(name)",
]
HARMLESS = [
    'kubectl("get pod", name(pod.name), *inside(pod.namespace))',
    'kubectl("get", *words, "-w")',
    "kubectl(verb, *(label(k, v) for k, v in pairs))",
    'kubectl("a", *(("--overwrite",) if found else ()))',
    'f"{path} is not on the PATH: kubectl will not find it"',
    'f"kubectl-ambient {version}"',
    '"see `kubectl config get-contexts`"',
    'f"a bug in kubectl-ambient: {bug}"',
    'help = "All of kubectl\'s flags are taken: see “kubectl options”."',
    "def a():\n    '''kubectl get pod, for a person.'''",
    'f"docs {name}"',
]


@pytest.mark.parametrize("text", PLANTED)
def test_it_is_found(text: str) -> None:
    assert list(command_lint.offenders(ast.parse(text)))


@pytest.mark.parametrize("text", HARMLESS)
def test_it_is_let_be(text: str) -> None:
    assert list(command_lint.offenders(ast.parse(text))) == []


def run(folder: Path) -> subprocess.CompletedProcess[str]:
    script = ROOT / ".ci" / "command_lint.py"
    return subprocess.run([sys.executable, str(script), str(folder)], capture_output=True, text=True, check=False)


def test_the_sources_hold_none() -> None:
    found = run(ROOT / "kubectl_ambient")
    assert (found.returncode, found.stdout) == (0, "")


def test_one_that_is_planted_fails_the_lint(tmp_path: Path) -> None:
    (tmp_path / "planted.py").write_text(f"def a(name):\n    return {PLANTED[0]}\n")
    found = run(tmp_path)
    assert found.returncode == 1
    assert "planted.py:2: a command is built of texts" in found.stdout


def test_make_lint_runs_it() -> None:
    lint = (ROOT / "Makefile").read_text().partition("\nlint:")[2].partition("\n\n")[0]
    assert "command_lint.py kubectl_ambient" in lint
