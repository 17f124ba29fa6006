"""Writes a renewed auth-provider token back to its kubeconfig.

An issuer may take back the old refresh token with each new one: not to save it would log the person out.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from typing import Any


def save_auth_provider(path: str, user: str, config: dict[str, Any]) -> None:
    """Puts `config` under the auth-provider of `user` in the file at `path`. Never raises: it is a favour."""
    import yaml

    from .yaml_text import load

    with contextlib.suppress(Exception):
        target = Path(path).resolve(strict=True)
        content = load(target.read_text(encoding="utf-8"))
        for entry in content["users"]:
            if entry.get("name") == user and "auth-provider" in entry.get("user", {}):
                entry["user"]["auth-provider"]["config"] = config
                _replace(target, yaml.safe_dump(content, sort_keys=False, allow_unicode=True))
                return


def _replace(target: Path, text: str) -> None:
    """Writes beside it and renames, so that no reader sees half a file; only the owner may read it."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(name, target)  # noqa: PTH105
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
