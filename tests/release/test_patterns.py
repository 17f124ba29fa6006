"""The archive holds regular expressions that were compiled beforehand: each must be what `re` would make of it."""

from __future__ import annotations

import marshal
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import urllib3.util.url
import yaml.reader

from kubectl_ambient import foreign

SCRIPT = Path(__file__).resolve().parents[2] / ".ci/release/patterns.py"
compiler: Any = vars(re)["_compiler"]


@pytest.fixture(scope="module")
def patterns(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str | bytes, int], tuple[Any, ...]]:
    """What is written for this interpreter."""
    file = tmp_path_factory.mktemp("patterns") / "patterns"
    subprocess.run([sys.executable, "-I", str(SCRIPT), str(file)], check=True)
    found: dict[tuple[str | bytes, int], tuple[Any, ...]] = marshal.loads(file.read_bytes())
    return found


def test_each_is_what_re_makes_of_it(patterns: dict[tuple[str | bytes, int], tuple[Any, ...]]) -> None:
    assert len(patterns) > 150
    for (pattern, flags), compiled in patterns.items():
        known, anew = compiler._sre.compile(pattern, *compiled), re.compile(pattern, flags)
        assert known == anew
        assert known.groupindex == anew.groupindex


def test_those_that_take_long_are_among_them(patterns: dict[tuple[str | bytes, int], tuple[Any, ...]]) -> None:
    known = {pattern for pattern, _ in patterns}
    slow = [urllib3.util.url._HOST_PORT_RE, urllib3.util.url._IPV6_ADDRZ_RE, yaml.reader.Reader.NON_PRINTABLE]
    slow += [value for value in vars(foreign).values() if isinstance(value, re.Pattern)]
    assert [pattern.pattern for pattern in slow if pattern.pattern not in known] == []
