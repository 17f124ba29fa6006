"""Finds commands to paste that are not built by `kubectl_ambient.shell`: run by `make lint` on the sources.

A command of text and of what a stranger named would run what the stranger wrote. So no text that holds a program's
name may be put together with anything else, and nobody but the one type makes a command.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

PROGRAMS = ("kubectl", "istioctl", "helm", "oc")
# The one type, and what makes it of words.
HOME = "shell"
BUILDERS = frozenset(("kubectl", "istioctl", "remark"))
CLASSES = frozenset(("Command", "Word", "Patch"))

# Texts that begin with a program's name and hold no word of a stranger.
PLAIN = frozenset(
    (
        "kubectl ambient",
        "kubectl completion fish | source",
        "kubectl completion powershell | Out-String | Invoke-Expression",
        "istioctl kube-inject wrote it there",
    )
)

_HOLE = "\0"
_PROGRAM = re.compile(rf"(?<![\w/.-])({'|'.join(PROGRAMS)}) ")
_REMARK = re.compile(r"# [^\n]*\0[^\n]*$")
_PERCENT = re.compile(r"%[-+ #0-9.]*[srdi(]")


def offenders(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """The line of each text or call that builds a command, and what is wrong with it."""
    alone = (node.value for node in ast.walk(tree) if isinstance(node, ast.Expr))
    docstrings = {value for value in alone if isinstance(value, ast.Constant)}
    for node in ast.walk(tree):
        why = "" if node in docstrings else _wrong(node)
        if why:
            yield getattr(node, "lineno", 0), why


def _wrong(node: ast.AST) -> str:
    if isinstance(node, ast.Call):
        return _wrong_call(node)
    if isinstance(node, ast.BinOp | ast.JoinedStr) and _is_built(_text(node)):
        return "a command is built of texts"
    if isinstance(node, ast.JoinedStr) and _REMARK.match(_text(node)):
        return "a remark is built of texts"
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value not in PLAIN:
        begins = node.value in PROGRAMS or _PROGRAM.match(node.value)
        goes_on = node.value.endswith(" ") and _PROGRAM.search(node.value)
        return "a text begins a command" if begins or goes_on else ""
    return ""


def _wrong_call(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute) and call.func.attr in ("format", "join", "replace", "format_map"):
        return "a command is built of texts" if _is_built(_text(call)) else ""
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    if name in CLASSES:
        return f"{name} is made outside of its module"
    if name in BUILDERS and any(_HOLE in _text(word) and not _is_word(word) for word in call.args):
        return f"a word of {name}() is put together of texts"
    return ""


def _is_word(node: ast.AST) -> bool:
    """Whether it is handed on as it is: a name, a field, a call that makes a word, or several of these."""
    if isinstance(node, ast.Starred | ast.Attribute | ast.Subscript):
        return not isinstance(node, ast.Starred) or _is_word(node.value)
    if isinstance(node, ast.Tuple | ast.List):
        return all(map(_is_word, node.elts))
    if isinstance(node, ast.IfExp):
        return _is_word(node.body) and _is_word(node.orelse)
    if isinstance(node, ast.Call):
        return not (isinstance(node.func, ast.Attribute) and node.func.attr in ("format", "join", "replace"))
    if isinstance(node, ast.GeneratorExp | ast.ListComp):
        return _is_word(node.elt)
    return isinstance(node, ast.Name | ast.Constant)


def _is_built(text: str) -> bool:
    """Whether a program's name and a blank are followed, somewhere, by what is filled in."""
    return any(_HOLE in text[found.end() :] for found in _PROGRAM.finditer(text))


def _text(node: ast.AST) -> str:
    """The text of an expression, with a hole for each part that is filled in."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else _HOLE
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) for part in node.values)
    if isinstance(node, ast.BinOp):
        left, right = _text(node.left), _text(node.right)
        if isinstance(node.op, ast.Mod):
            return _PERCENT.sub(_HOLE, left)
        return left + right if isinstance(node.op, ast.Add) else _HOLE
    if isinstance(node, ast.List | ast.Tuple):
        return " ".join(map(_text, node.elts))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr == "join":
            return _text(node.args[0]) if node.args else _HOLE
        if node.func.attr == "replace":
            return _text(node.func.value) + _HOLE if isinstance(node.func.value, ast.Constant) else _HOLE
        if node.func.attr in ("format", "format_map"):
            return re.sub(r"\{[^{}]*\}", _HOLE, _text(node.func.value))
    return _HOLE


def main(folders: list[str]) -> int:
    """Print each offender; 1 where there is one."""
    found = 0
    for folder in folders:
        for file in sorted(Path(folder).rglob("*.py")):
            if HOME in file.parts:
                continue
            for line, why in offenders(ast.parse(file.read_text(encoding="utf-8"))):
                print(f"{file}:{line}: {why}: see CONTRIBUTING.md, “Offer a command”")
                found += 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
