"""A command to copy leads to the cluster that it was printed about."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubectl_ambient.render.terminal import Paint
from tests.cli.enable_fixtures import Run, ambient

__all__ = ["ambient"]

EXAMPLE = str(Path(__file__).resolve().parents[2] / "examples" / "shop.yaml")


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("kubectl label ns shop a-", "kubectl label ns shop a- --context prod"),
        ("kubectl a && kubectl b", "kubectl a --context prod && kubectl b --context prod"),
        ("istioctl waypoint apply -n shop", "istioctl waypoint apply -n shop"),
        ("kubectl logs a -n b | grep c", "kubectl logs a -n b --context prod | grep c"),
        ("kubectl patch a -p '{\"b; (c)\": 1}'", "kubectl patch a -p '{\"b; (c)\": 1}' --context prod"),
        (
            "Pods stay: kubectl a; later: kubectl b.",
            "Pods stay: kubectl a --context prod; later: kubectl b --context prod.",
        ),
        ("It is out (kubectl ambient status -n a)", "It is out (kubectl ambient status -n a --context prod)"),
        ("as “kubectl label” says", "as “kubectl label” says"),
        ("the field manager kubectl-ambient did it", "the field manager kubectl-ambient did it"),
    ],
)
def test_flags(command: str, expected: str) -> None:
    assert Paint(False, " --context prod").command(command) == expected
    assert Paint(False).command(command) == command


@pytest.mark.parametrize("words", ["pods -l app=invoices -n legacy", "ns legacy"])
def test_explain(ambient: Run, words: str) -> None:
    found = ambient("explain", *words.split(), "-f", EXAMPLE, "--context", "prod")
    assert "  kubectl label namespace legacy istio-injection- --context prod\n" in found.out
    commands = [line for line in found.out.splitlines() if line.strip().startswith(("kubectl", "→ kubectl"))]
    assert [line for line in commands if not line.endswith(" --context prod")] == []


@pytest.mark.parametrize(
    "words", [("labels", "-A"), ("waypoint", "list", "-A"), ("explain", "pod", "cart-5cbbdd686f-2k8bz", "-n", "legacy")]
)
def test_what_else_names_commands(ambient: Run, words: tuple[str, ...]) -> None:
    found = ambient(*words, "-f", EXAMPLE, "--context", "prod")
    lines = f"{found.out}{found.err}".splitlines()
    commands = [line for line in lines if "kubectl " in line and "“kubectl" not in line]
    assert commands
    assert [line for line in commands if not line.endswith(" --context prod")] == []


def test_status(ambient: Run) -> None:
    found = ambient("status", "-n", "shop", "-f", EXAMPLE, "-R", "--kubeconfig", "a file")
    why = found.err.splitlines()[-1]
    assert why == f"Why: kubectl ambient explain pod NAME -n shop -f {EXAMPLE} -R --kubeconfig 'a file'"


def test_waypoint_explain(ambient: Run) -> None:
    found = ambient("waypoint", "explain", "ns", "batch", "-f", EXAMPLE, "--context", "prod")
    commands = [line for line in found.out.splitlines() if line.strip().startswith("kubectl")]
    assert [line for line in commands if not line.endswith(" --context prod")] == []
