"""`kubectl ambient --help` as Typer prints it, written down: whoever asks what there is waits for no import.

A test holds it to what Typer makes of the table of commands.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress

_WIDTH = 80  # columns, of which more are not used

PAGE = """\
Usage: kubectl ambient [OPTIONS] COMMAND [ARGS]...

  Put workloads into Istio's ambient mesh, and see why each pod is or is not
  in it.

  Start with:  kubectl ambient status -A
  Then ask:    kubectl ambient explain pod NAME -n NAMESPACE

Options:
  --version   Print the version of this tool.
  -h, --help  Show this message and exit.

Commands:
  status      Tell for every pod whether it is in ambient mode, and whether it
              should be.
  explain     Tell why a pod is or is not in ambient mode, rule by rule, and
              what to do.
  enable      Add the label istio.io/dataplane-mode=ambient to namespaces,
              pods or pod templates.
  disable     Take the label istio.io/dataplane-mode=ambient off namespaces,
              pods or pod templates.
  waypoint    Tell which waypoint serves what, and why not.
  policy      Tell which policy is enforced where, or nowhere.
  path        Tell which way traffic takes between two ends, whether it is
              encrypted, and who lets it through.
  check       Tell whether anything is wrong with the mesh, check by check,
              and what to do.
  labels      Print the label reference; with objects, what is set, what they
              inherit, and what is wrong.
  version     Print the version of this tool, of Kubernetes, and of Istio's
              agents.
  completion  Complete commands, flags and names with TAB.
"""


def page(argv: Sequence[str]) -> str | None:
    """The help of the whole program, where that is all that was asked for and it needs no other line ends."""
    as_plugin = called(argv[0]) == "kubectl ambient"
    return PAGE if argv[1:] in (["--help"], ["-h"]) and as_plugin and _is_wide() else None


def called(argv0: str) -> str:
    """What a person typed to call us: `kubectl ambient` where kubectl did, else the file's name."""
    name = os.path.basename(argv0).removesuffix(".exe")  # noqa: PTH119 (pathlib takes longer than all the rest)
    return "kubectl ambient" if name.startswith(("kubectl-", "__main__")) else name


def _is_wide() -> bool:
    """Whether a line may be as long as Typer makes it at most, which asks as shutil.get_terminal_size does."""
    with suppress(KeyError, ValueError):
        if (columns := int(os.environ["COLUMNS"])) > 0:
            return columns >= _WIDTH
    try:
        columns = os.get_terminal_size(sys.__stdout__.fileno()).columns  # type: ignore[union-attr]
    except (AttributeError, ValueError, OSError):
        return True  # no terminal: 80
    return columns == 0 or columns >= _WIDTH
