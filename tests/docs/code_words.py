"""The stable words that the code can say, read from its syntax trees: reasons and finding codes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MESH = ROOT / "kubectl_ambient/mesh"


def reasons() -> set[str]:
    """Every literal that is handed over as a `reason`, by name or as the second part of a Decision."""
    found: set[str] = set()
    for call in _calls():
        name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
        for keyword in call.keywords:
            if keyword.arg == "reason":
                found.update(_words(keyword.value))
        if name == "Decision" and len(call.args) > 1:
            found.update(_words(call.args[1]))
    return found - {""}


def finding_codes() -> set[str]:
    """Every literal that is the `code` of a Finding."""
    found: set[str] = set()
    for call in _calls():
        if isinstance(call.func, ast.Name) and call.func.id == "Finding":
            for keyword in call.keywords:
                if keyword.arg == "code":
                    words = set(_words(keyword.value))
                    assert words, f"line {call.lineno}: the code of a finding is no literal"
                    found |= words
    return found


def _calls() -> Iterator[ast.Call]:
    for path in sorted(MESH.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        yield from (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _words(value: ast.expr) -> Iterator[str]:
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value
    elif isinstance(value, ast.IfExp):
        yield from _words(value.body)
        yield from _words(value.orelse)
