"""What the archive's program runs."""

import os
import sys

FOLDER = vars(sys)["_MEIPASS"]

# PyInstaller's finder serves modules packed into the program. Ours lie beside it as files, so that it
# would only ask itself in vain at every import, before Python's own.
sys.path_hooks[:] = [hook for hook in sys.path_hooks if "pyimod02" not in getattr(hook, "__module__", "")]
sys.path_importer_cache.clear()
# Most modules lie in the folder itself: that is where to look first.
sys.path.sort(key=lambda place: place != FOLDER)

from kubectl_ambient.__main__ import main  # noqa: E402


def take_patterns() -> None:
    """Have `re` compile its expressions without the work that patterns.py did while the archive was built."""
    import marshal
    import re

    with open(os.path.join(FOLDER, "patterns"), "rb") as file:  # noqa: PTH118, PTH123 (pathlib is not imported yet)
        patterns = marshal.loads(file.read())
    compiler = vars(re)["_compiler"]
    compile_anew = compiler.compile

    def compiled(pattern: object, flags: int = 0) -> object:
        known = patterns.get((pattern, flags))
        return compile_anew(pattern, flags) if known is None else compiler._sre.compile(pattern, *known)

    compiler.compile = compiled


main(take_patterns)
