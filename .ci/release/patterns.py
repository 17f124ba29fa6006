"""Compiles the regular expressions of all modules once, while the archive is built: a tenth of a command's time.

Run by the interpreter that is packed, whose `re` alone understands what is written. Its words: the file to write.
"""

from __future__ import annotations

import importlib
import marshal
import pkgutil
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
# What a command that asks a cluster imports of others, and when: some only within functions.
OTHERS = ("typer.main", "urllib3", "yaml", "tabulate", "http.client", "encodings.idna", "locale", "platform")


class Recorder:
    """Stands for `_sre`, and keeps what it compiles: by pattern and flags, what follows the pattern."""

    def __init__(self, sre: Any) -> None:
        self._sre = sre
        self.compiled: tuple[Any, ...] = ()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sre, name)

    def compile(self, pattern: Any, flags: int, code: list[int], *groups: Any) -> Any:
        """As `_sre` does."""
        self.compiled = (int(flags), [int(word) for word in code], *groups)  # some are of a class of their own
        return self._sre.compile(pattern, flags, code, *groups)


def record() -> dict[tuple[str | bytes, int], tuple[Any, ...]]:
    """What is compiled while all modules of ours, and those of others that they need, are imported."""
    compiler: Any = vars(re)["_compiler"]
    original, compiler._sre = compiler.compile, (recorder := Recorder(compiler._sre))
    found = {}

    def compile(pattern: Any, flags: int = 0) -> Any:
        made = original(pattern, flags)
        if isinstance(pattern, (str, bytes)):
            found[pattern, int(flags)] = recorder.compiled
        return made

    compiler.compile = compile
    re.purge()
    for name in OTHERS:
        importlib.import_module(name)
    import kubectl_ambient

    for module in pkgutil.walk_packages(kubectl_ambient.__path__, "kubectl_ambient."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    return found


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    found = dict(sorted(record().items(), key=repr))
    # The second version of the format has no references, which depend on who else holds an object just then.
    Path(sys.argv[1]).write_bytes(marshal.dumps(found, 2))
