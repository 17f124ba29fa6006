"""Kubeconfig files: which ones, what each says, and how several make one, as in kubectl."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .errors import ConfigError, printable

Entry = dict[str, Any]

_STRINGS = frozenset(
    (
        *("server", "tls-server-name", "certificate-authority", "proxy-url"),
        *("client-certificate", "client-key", "token", "tokenFile", "as", "as-uid", "username", "password"),
        *("cluster", "user", "namespace"),
    )
)
_DATA = ("certificate-authority-data", "client-certificate-data", "client-key-data")
_PATHS = ("certificate-authority", "client-certificate", "client-key", "tokenFile")
_BOOLS = ("insecure-skip-tls-verify", "disable-compression")
_DICTS = ("exec", "auth-provider")


@dataclass(frozen=True, slots=True)
class Kubeconfig:
    """One or several files as one: names to what stands under `cluster`, `user` and `context`.

    Paths in them are absolute. `origins` tells which file a user came from. `missing` are the files that
    were asked for and are not there.
    """

    clusters: dict[str, Entry] = field(default_factory=dict)
    users: dict[str, Entry] = field(default_factory=dict)
    contexts: dict[str, Entry] = field(default_factory=dict)
    current_context: str = ""
    origins: dict[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()


def load_kubeconfig(explicit: str, environ: Mapping[str, str]) -> Kubeconfig:
    """Reads the file of `--kubeconfig`, else those of $KUBECONFIG, else ~/.kube/config, and merges them.

    Files that are missing are skipped, unless asked for by the flag. Raises ConfigError.
    """
    if explicit and not Path(explicit).exists():
        raise ConfigError(f"error: stat {explicit}: no such file or directory")
    configs, missing = [], []
    for path in [explicit] if explicit else kubeconfig_files(environ):
        try:
            text = Path(path).read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            missing.append(path)
        except IsADirectoryError:
            raise ConfigError(f'error: error loading config file "{path}": is a directory') from None
        except UnicodeDecodeError:
            raise ConfigError(f'error: error loading config file "{path}": not a text file') from None
        except OSError as e:
            words = (e.strerror or str(e)).lower()
            raise ConfigError(f'error: error loading config file "{path}": open {path}: {words}') from None
        else:
            configs.append(parse_kubeconfig(text, path))
    return merge_kubeconfigs(configs, missing)


def kubeconfig_files(environ: Mapping[str, str]) -> list[str]:
    """The paths to look at when no flag names one."""
    if listed := environ.get("KUBECONFIG"):
        return [path for path in dict.fromkeys(listed.split(os.pathsep)) if path]
    home = environ.get("HOME") or os.path.expanduser("~")  # noqa: PTH111 (a path may not exist at all)
    return [str(Path(home, ".kube", "config"))]


def merge_kubeconfigs(configs: Iterable[Kubeconfig], missing: Sequence[str] = ()) -> Kubeconfig:
    """One of several: the first that names a cluster, user or context wins, as does its current context."""
    clusters: dict[str, Entry] = {}
    users: dict[str, Entry] = {}
    contexts: dict[str, Entry] = {}
    origins: dict[str, str] = {}
    current = ""
    for config in configs:
        clusters = {**config.clusters, **clusters}
        users = {**config.users, **users}
        contexts = {**config.contexts, **contexts}
        origins = {**config.origins, **origins}
        current = current or config.current_context
    return Kubeconfig(clusters, users, contexts, current, origins, tuple(missing))


def parse_kubeconfig(text: str, path: str) -> Kubeconfig:
    """What one file says. `path` resolves its relative paths and stands in the words of a ConfigError."""
    content = _read_yaml(text, path)
    if content is None:
        return Kubeconfig()
    if not isinstance(content, dict):
        raise _broken(path, "a kubeconfig is a mapping with clusters, users and contexts")
    kind, version = content.get("kind") or "Config", content.get("apiVersion") or "v1"
    if kind != "Config" or version != "v1":
        raise _broken(path, f'no kind "{kind}" is registered for version "{version}"')
    folder = Path(path).absolute().parent
    sections = {
        plural: _named(content.get(plural), plural, singular, path, folder)
        for plural, singular in (("clusters", "cluster"), ("users", "user"), ("contexts", "context"))
    }
    return Kubeconfig(
        sections["clusters"],
        sections["users"],
        sections["contexts"],
        _text(content.get("current-context"), "current-context", path),
        dict.fromkeys(sections["users"], path),
    )


def _read_yaml(text: str, path: str) -> Any:
    import yaml

    from .yaml_text import load

    try:
        return load(text)
    except yaml.MarkedYAMLError as e:
        mark = e.problem_mark or e.context_mark
        line = f"line {mark.line + 1}: " if mark else ""
        raise _broken(path, f"yaml: {line}{e.problem or e.context}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as e:
        raise _broken(path, f"yaml: {e}".splitlines()[0]) from None


def _named(listed: Any, plural: str, singular: str, path: str, folder: Path) -> dict[str, Entry]:
    if listed is None:
        return {}
    if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
        raise _broken(path, f"{plural} must be a list of entries with name and {singular}")
    entries: dict[str, Entry] = {}
    for item in listed:
        name = _text(item.get("name"), f"the name of each of {plural}", path)
        if name in entries:
            raise _broken(path, f'duplicate name "{name}" in {plural}')
        entry = item.get(singular)
        if entry is not None and not isinstance(entry, dict):
            raise _broken(path, f'{singular} "{name}" must be a mapping')
        entries[name] = _clean(entry or {}, f'{singular} "{name}"', path, folder)
    return entries


def _clean(entry: Entry, where: str, path: str, folder: Path) -> Entry:
    """The entry without empty values, checked, its paths absolute."""
    clean = {key: value for key, value in entry.items() if value not in (None, "", [], {})}
    for key, value in clean.items():
        if key in _STRINGS:
            clean[key] = _text(value, f"{key} of {where}", path)
        elif key in _BOOLS and not isinstance(value, bool):
            raise _broken(path, f"{key} of {where} must be true or false")
        elif key in _DICTS and not isinstance(value, dict):
            raise _broken(path, f"{key} of {where} must be a mapping")
        elif key in _DATA:
            clean[key] = _base64(value, f"{key} of {where}", path)
    for key in _PATHS:
        if key in clean:
            clean[key] = str(folder / clean[key])
    command = _text(clean.get("exec", {}).get("command"), f"exec.command of {where}", path)
    # A bare name is looked up in PATH; only one with a separator is a path.
    if os.sep in command:
        clean["exec"] = {**clean["exec"], "command": os.path.normpath(folder / command)}
    return clean


def _base64(value: Any, where: str, path: str) -> str:
    try:
        text = "".join(_text(value, where, path).split())
        base64.b64decode(text, validate=True)
    except ValueError:
        raise _broken(path, f"illegal base64 data in {where}") from None
    return text


def _text(value: Any, where: str, path: str) -> str:
    if value is not None and not isinstance(value, str):
        raise _broken(path, f"{where} must be a text; put it in quotes")
    return value or ""


def _broken(path: str, why: str) -> ConfigError:
    return ConfigError(f'error: error loading config file "{path}": {printable(why)}')
