"""What the archive's program runs."""

import sys

# PyInstaller's finder serves modules packed into the program. Ours lie beside it as files, so that it
# would only ask itself in vain at every import, before Python's own.
sys.path_hooks[:] = [hook for hook in sys.path_hooks if "pyimod02" not in getattr(hook, "__module__", "")]
sys.path_importer_cache.clear()

from kubectl_ambient.__main__ import main  # noqa: E402

main()
