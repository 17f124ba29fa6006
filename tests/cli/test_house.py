"""cli/ holds flags. What carries a request out stands in runs/, which does not know Typer: `make lint` holds that."""

from __future__ import annotations

import ast
from pathlib import Path

import kubectl_ambient.cli

CLI = Path(kubectl_ambient.cli.__file__).parent


def imports(path: Path) -> set[str]:
    """The packages that a file imports, wherever it does."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.partition(".")[0] for name in names}


def test_every_file_in_cli_knows_typer_or_serves_completion() -> None:
    files = {path for path in CLI.rglob("*.py") if path.name != "__init__.py"}
    known = {path for path in files if "typer" in imports(path)}
    others = {path.relative_to(CLI).as_posix() for path in files - known}
    assert {name for name in others if not name.startswith("completion/")} == set()
    assert known
