"""cli/ holds flags. What carries a request out stands in runs/, which does not know Typer: `make lint` holds that."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import kubectl_ambient.cli

CLI = Path(kubectl_ambient.cli.__file__).parent
FILES = [path for path in CLI.rglob("*.py") if path.name != "__init__.py"]


def nodes(path: Path) -> list[ast.AST]:
    """All that a file says."""
    return list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def imports(path: Path) -> set[str]:
    """The packages that a file imports, wherever it does."""
    names = [alias.name for node in nodes(path) if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes(path) if isinstance(node, ast.ImportFrom)]
    return {name.partition(".")[0] for name in names}


def texts_of_options() -> Iterator[str]:
    """Each text that is written where an option or argument is: what it is called and what it says."""
    for node in (node for path in FILES for node in nodes(path)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in ("Option", "_option", "Argument"):
            inner = [each for value in (*node.args, *(k.value for k in node.keywords)) for each in ast.walk(value)]
            yield from (each.value for each in inner if isinstance(each, ast.Constant) and isinstance(each.value, str))


def test_every_file_in_cli_knows_typer_or_serves_completion() -> None:
    known = {path for path in FILES if "typer" in imports(path)}
    others = {path.relative_to(CLI).as_posix() for path in set(FILES) - known}
    assert {name for name in others if not name.startswith("completion/")} == set()
    assert known


def test_an_option_is_written_once() -> None:
    """Commands that have it share it; where it says something else of each, a function takes what that is."""
    written = Counter(text for text in texts_of_options() if text.startswith("-") or " " in text.strip())
    assert {text for text, times in written.items() if times > 1} == set()
    assert {"-f", "--output", "--all", "--waypoint", "--namespace", "Only the rows."} <= set(written)
