"""One word for a shell: as it is where that is safe, else in single quotes, in which nothing has a meaning."""

from __future__ import annotations

import json
import re
from typing import Any

# A word of these needs no quotes. zsh takes `=` at the beginning of one for the path of a program.
_PLAIN = re.compile(r"[A-Za-z0-9_@%+:,./-][A-Za-z0-9_@%+=:,./-]*")
# What stands outside of single quotes, in double ones: fish takes a backslash for an escape in either.
_OUTSIDE = {"'": "'\"'\"'", "\\": "'\"\\\\\"'"}
_SPECIAL = re.compile(r"['\\]")
# Less: PowerShell reads numbers (`1kb`), lists (`a,b`) and splatting (`@a`), and cuts `-a.b` and `-a:b` in two.
_PLAIN_POWERSHELL = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*(=[A-Za-z0-9_./-]*)?|--?[A-Za-z][A-Za-z-]*(=[A-Za-z0-9_/-]*)?")
# PowerShell takes each of these for a single quote.
_QUOTES = re.compile("['‘’‚‛]")
_PLAIN_YAML = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*")
# Plain, YAML 1.1 takes them for no text.
_NO_TEXT = re.compile(r"y|n|yes|no|on|off|true|false|null", re.IGNORECASE)


def posix(word: str) -> str:
    """The word for sh, bash, zsh, fish and their like."""
    return word if _PLAIN.fullmatch(word) else "'" + _SPECIAL.sub(lambda found: _OUTSIDE[found[0]], word) + "'"


def powershell(word: str) -> str:
    """The word for PowerShell."""
    return word if _PLAIN_POWERSHELL.fullmatch(word) else "'" + _QUOTES.sub(lambda found: found[0] * 2, word) + "'"


def survives_powershell(word: str) -> bool:
    """Whether PowerShell 5.1 hands the word to a program as it is.

    It drops an empty one, and puts one with spaces into double quotes without a look at what it holds.
    """
    return bool(word) and '"' not in word and not (" " in word and word.endswith("\\"))


def as_flow(text: str) -> str:
    """JSON as YAML that holds no double quote; kubectl's `-p` takes either.

    What begins with `{` it takes for JSON alone [apimachinery pkg/util/yaml, IsJSONBuffer], so a tag stands before.
    """
    flow = _flow(json.loads(text))
    return f"!!map {flow}" if flow.startswith("{") else flow


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_flow(key)}: {_flow(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if not isinstance(value, str):
        return json.dumps(value)
    plain = _PLAIN_YAML.fullmatch(value) and not _NO_TEXT.fullmatch(value)
    return value if plain else "'" + value.replace("'", "''") + "'"
