"""Kubeconfig files: which ones, what each says, and how several make one, as in kubectl."""

from __future__ import annotations

import os
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from .errors import ConfigError, printable, why_not_opened
from .kubeconfig_types import wrong_type
from .secrets import remember_cluster, remember_user

Entry = dict[str, Any]

_DATA = ("certificate-authority-data", "client-certificate-data", "client-key-data")
_PATHS = ("certificate-authority", "client-certificate", "client-key", "tokenFile")
_QUOTED = re.compile(r"(['\"`]).{2,}\1", re.DOTALL)  # a parser quotes what it stumbled over


class Kubeconfig(Struct, frozen=True):
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
    if explicit and not os.path.exists(explicit):  # noqa: PTH110 (it takes every text)
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
        except (OSError, ValueError) as e:
            words = why_not_opened(e)
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
    _remember(content)
    kind, version = content.get("kind") or "Config", content.get("apiVersion") or "v1"
    if kind != "Config" or version != "v1":
        raise _broken(path, f'no kind "{kind}" is registered for version "{version}"')
    if wrong := wrong_type(content):
        sentence, where = wrong
        words = "must be a text; put it in quotes" if sentence.endswith("of type string") else "is of another type"
        raise _broken(path, sentence, hint=where and f"{where} {words}")
    folder = Path(path).absolute().parent
    sections = {
        plural: _named(content.get(plural), plural, singular, path, folder)
        for plural, singular in (("clusters", "cluster"), ("users", "user"), ("contexts", "context"))
    }
    return Kubeconfig(
        sections["clusters"],
        sections["users"],
        sections["contexts"],
        content.get("current-context") or "",
        dict.fromkeys(sections["users"], path),
    )


def _remember(content: dict[Any, Any]) -> None:
    """Its secrets, before anything can go wrong with it."""
    for plural, singular, remember in (("users", "user", remember_user), ("clusters", "cluster", remember_cluster)):
        listed = content.get(plural)
        for item in listed if isinstance(listed, list) else ():
            remember(item.get(singular) if isinstance(item, dict) else None)


def _read_yaml(text: str, path: str) -> Any:
    import yaml

    from .yaml_text import load

    try:
        return load(text)
    except yaml.MarkedYAMLError as e:
        mark = e.problem_mark or e.context_mark
        line = f"line {mark.line + 1}: " if mark else ""
        raise _broken(path, f"yaml: {line}{_QUOTED.sub('…', e.problem or e.context or '')}") from None
    except yaml.reader.ReaderError as e:
        raise _broken(path, f"yaml: {e.reason}") from None
    except yaml.YAMLError as e:  # out of bounds
        raise _broken(path, f"yaml: {e}") from None
    except Exception:  # a value that is not what its tag says (`!!int x`); its words quote it
        raise _broken(path, "yaml: a value cannot be read as what its tag says") from None


def _named(listed: list[Any] | None, plural: str, singular: str, path: str, folder: Path) -> dict[str, Entry]:
    entries: dict[str, Entry] = {}
    for item in listed or ():
        name = (item or {}).get("name") or ""
        if name in entries:
            raise _broken(path, f'duplicate name "{name}" in {plural}')
        entries[name] = _clean((item or {}).get(singular) or {}, folder)
    return entries


def _clean(entry: Entry, folder: Path) -> Entry:
    """The entry without empty values, its paths absolute."""
    clean = {key: value for key, value in entry.items() if value not in (None, "", [], {})}
    for key in _DATA:
        if key in clean:
            clean[key] = _one_line(clean[key])
    for key in _PATHS:
        if key in clean:
            clean[key] = str(folder / clean[key])
    command = clean.get("exec", {}).get("command") or ""
    # A bare name is looked up in PATH; only one with a separator is a path.
    if os.sep in command:
        clean["exec"] = {**clean["exec"], "command": os.path.normpath(folder / command)}
    return clean


def _one_line(data: str | list[int | None]) -> str:
    """Base64 without white space; Go takes a list of bytes as well."""
    return "".join(data.split()) if isinstance(data, str) else b64encode(bytes(n or 0 for n in data)).decode()


def _broken(path: str, why: str, *, hint: str = "") -> ConfigError:
    return ConfigError(f'error: error loading config file "{path}": {printable(why)}', hint=printable(hint))
