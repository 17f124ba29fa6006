"""A command to copy leads to the cluster that it was printed about."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubectl_ambient.render.commands import filled
from kubectl_ambient.shell.aim import Aim
from kubectl_ambient.shell.command import Command, chain, istioctl, kubectl, lines_with, offered
from kubectl_ambient.shell.words import inside, label, name, patch
from tests.cli.enable_fixtures import Run, ambient

__all__ = ["ambient"]

EXAMPLE = str(Path(__file__).resolve().parents[2] / "examples" / "shop.yaml")


PROD = Aim((("--context", "prod"),))


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (kubectl("label ns", name("shop"), label("a", None)), "kubectl label ns shop a- --context prod"),
        (chain(kubectl("a"), kubectl("b")), "kubectl a --context prod && kubectl b --context prod"),
        (istioctl("waypoint apply", *inside("shop")), "istioctl waypoint apply -n shop --context prod"),
        (lines_with(kubectl("logs a"), name("c")), "kubectl logs a --context prod | grep c"),
        (kubectl("patch a -p", patch({"b": 1})), "kubectl patch a -p '{\"b\":1}' --context prod"),
    ],
)
def test_flags(command: Command, expected: str) -> None:
    assert PROD.text(command) == expected
    assert Aim().text(command) == expected.replace(" --context prod", "")


def test_a_command_in_a_sentence_stays_on_one_line() -> None:
    """Half a command is another one: a pod may be called `reboot`."""
    command = offered(kubectl("ambient disable pod", *map(name, ("web", "cart", "reboot")), *inside("shop")))
    text = filled("‼ ", ("to take out: ", command, " at once"), 40, PROD)
    assert "\n  kubectl ambient disable pod web cart reboot -n shop --context prod\n  at once" in text


@pytest.mark.parametrize("words", ["pods -l app=invoices -n legacy", "ns legacy"])
def test_explain(ambient: Run, words: str) -> None:
    found = ambient("explain", *words.split(), "-f", EXAMPLE, "--context", "prod")
    assert "  1. kubectl label namespace legacy istio-injection- --context prod\n" in found.out
    begins = ("kubectl", "→ kubectl", "1. kubectl", "2. kubectl")
    commands = [line for line in found.out.splitlines() if line.strip().startswith(begins)]
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
