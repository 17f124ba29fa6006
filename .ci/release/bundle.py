"""The one file of an archive with the code of all its modules: how it is laid out.

The length of a table in four bytes, the table (of each module where its code begins, how long it is, and whether it is
a package), then the code of all, as `marshal` writes it. entry.py reads it by itself: it can import nothing before.
"""

from __future__ import annotations

import marshal
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePath

NAME = "modules"


def module_of(file: str) -> str:
    """`typer.main` of `typer/main.py` (or `.pyc`), `typer` of `typer/__init__.py`."""
    parts = PurePath(file).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def packed(files: Iterable[tuple[str, bytes]]) -> bytes:
    """The content of the file. files: the place of each module (`typer/main.pyc`), and its code."""
    places, code = {}, bytearray()
    for file, content in sorted(files):
        places[module_of(file)] = (len(code), len(content), PurePath(file).stem == "__init__")
        code += content
    # The second version of the format has no references, which depend on who else holds an object just then.
    table = marshal.dumps(places, 2)
    return len(table).to_bytes(4, "little") + table + bytes(code)


def held(path: Path) -> Mapping[str, object]:
    """The modules that such a file holds, by their names; none where there is no such file."""
    if not path.is_file():
        return {}
    content = path.read_bytes()
    found: dict[str, object] = marshal.loads(content[4 : 4 + int.from_bytes(content[:4], "little")])
    return found
