"""The line that shows which labels objects have now, where that is not known."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from kubectl_ambient.change.patch import LabelEdit, labels_path
from kubectl_ambient.change.targets import kind_of, namespace_of, typed
from kubectl_ambient.change.words import grouped


def show(edits: Sequence[LabelEdit], *, flags: str = "") -> str:
    """One line for the shell, with the connection flags that were typed."""
    groups = grouped(((kind_of(edit.target), namespace_of(edit.target), tuple(edit.labels)), edit) for edit in edits)
    commands = []
    for (kind, namespace, keys), group in groups.items():
        words = ["kubectl", "get", typed(kind), *(edit.target.name for edit in group)]
        words += ["-n", namespace] if namespace else []
        commands.append(shlex.join([*words, *_columns(kind, keys)]) + flags)
    return " && ".join(commands)


def _columns(kind: str, keys: Sequence[str]) -> list[str]:
    """Each label as a column; that of a pod template is out of the reach of -L."""
    path = labels_path(kind)
    if path == ("metadata", "labels"):
        return [word for key in keys for word in ("-L", key)]
    at = ".".join(path)
    columns = ["NAME:.metadata.name", *(f"{key}:.{at}.{key.replace('.', chr(92) + '.')}" for key in keys)]
    return ["-o", f"custom-columns={','.join(columns)}"]
