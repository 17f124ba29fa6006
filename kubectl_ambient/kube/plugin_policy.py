"""Which credential plugins may run, as in kubectl: kuberc's `credentialPluginPolicy` and its allowlist."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from .errors import ConfigError, printable, why_not_opened

_KIND = ("Preference", "kubectl.config.k8s.io/")
_WITHOUT_POLICY = "v1alpha1"
_VERSIONS = ("v1beta1", _WITHOUT_POLICY)
_POLICIES = ("", "AllowAll", "DenyAll", "Allowlist")
_APPLYING = "error occurred while applying preferences "


class PluginPolicy(Struct, frozen=True):
    """`policy`: "" or AllowAll, DenyAll, Allowlist. `allowlist`: commands or paths; None for none given."""

    policy: str = ""
    allowlist: tuple[str, ...] | None = None


def load_policy(flag: str, environ: Mapping[str, str], *, is_needed: bool) -> PluginPolicy:
    """What the file of `--kuberc` says, else that of $KUBERC, else ~/.kube/kuberc, in which faults are only told.

    Not read where it was not named and is not needed. Raises ConfigError in kubectl's words.
    """
    if environ.get("KUBECTL_KUBERC", "").lower() == "false":
        return PluginPolicy()
    named = flag or environ.get("KUBERC", "")
    if environ.get("KUBERC") == "off":
        if flag:
            raise ConfigError(
                f"{_APPLYING}kuberc error disabling kuberc via KUBERC=off and passing kuberc flag"
                " are mutually exclusive"
            )
        return PluginPolicy()
    if not named and not is_needed:
        return PluginPolicy()
    home = environ.get("HOME") or os.path.expanduser("~")  # noqa: PTH111 (a path may not exist at all)
    path = named or str(Path(home, ".kube", "kuberc"))
    try:
        policy = read_policy(Path(path).read_bytes().decode("utf-8-sig"))
        why = "" if policy else f"no valid preferences found in {path}, use --v=5 to see details"
    except (OSError, ValueError) as e:
        if not named and isinstance(e, FileNotFoundError):
            return PluginPolicy()
        policy, why = None, f"open {path}: {why_not_opened(e)}"
    if policy is None:
        if named:
            raise ConfigError(f"{_APPLYING}kuberc error kuberc: {printable(why)}")
        # kubectl goes on as well; the file may be one of a later version.
        print(printable(f"kuberc: no preferences loaded from {path}: {why}"), file=sys.stderr)
        return PluginPolicy()
    check_policy(policy)
    return policy


def read_policy(text: str) -> PluginPolicy | None:
    """The policy of the first document that is a Preference; none for an empty file, None where none is valid."""
    from .yaml_text import load

    documents = [d for d in _documents(text) if d.strip()]
    for document in documents:
        try:
            content = load(document)
        except Exception:
            continue
        if isinstance(content, dict) and (policy := _policy(content)):
            return policy
    return None if documents else PluginPolicy()


def check_policy(policy: PluginPolicy) -> None:
    """Raises ConfigError for what contradicts itself."""
    name, allowlist = policy.policy, policy.allowlist
    why = ""
    if name not in _POLICIES:
        why = f'unknown plugin policy: "{name}"'
    elif name != "Allowlist":
        if allowlist is not None:
            why = f'misconfigured credential plugin allowlist: plugin policy is "{name}" but allowlist is non-nil'
    elif allowlist is None:
        why = 'credential plugin policy set to "Allowlist", but allowlist is unspecified'
    elif not allowlist:
        why = 'credential plugin policy set to "Allowlist", but allowlist is empty; use "DenyAll" policy instead'
    else:
        for number, command in enumerate(allowlist, 1):
            if not command:
                why = why or f"misconfigured credential plugin allowlist: empty allowlist entry #{number}"
            elif (clean := cleaned(command)) != command:
                why = why or f'non-normalized file path: "{command}" vs "{clean}"'
    if why:
        raise ConfigError(_APPLYING + printable(why))


def cleaned(path: str) -> str:
    """The path without `.`, `..` and doubled slashes, as Go's filepath.Clean."""
    clean = os.path.normpath(path)
    return clean[1:] if clean.startswith("//") and os.sep == "/" else clean


def _documents(text: str) -> list[str]:
    documents = [""]
    for line in text.splitlines(keepends=True):
        if line.startswith("---") and not line[3:].strip():
            documents.append("")
        else:
            documents[-1] += line
    return documents


def _policy(content: Mapping[Any, Any]) -> PluginPolicy | None:
    """None for another kind, or a field of another type."""
    group, _, version = str(content.get("apiVersion")).rpartition("/")
    if content.get("kind") != _KIND[0] or f"{group}/" != _KIND[1] or version not in _VERSIONS:
        return None
    if version == _WITHOUT_POLICY:
        return PluginPolicy()
    name, listed = content.get("credentialPluginPolicy") or "", content.get("credentialPluginAllowlist")
    if not isinstance(name, str) or not isinstance(listed, list | None):
        return None
    commands = []
    for entry in listed or ():
        if not isinstance(entry, dict | None):
            return None
        pair = [(entry or {}).get(key) or "" for key in ("command", "name")]
        if not all(isinstance(v, str) for v in pair) or (all(pair) and pair[0] != pair[1]):
            return None
        commands.append(pair[0] or pair[1])
    return PluginPolicy(name, None if listed is None else tuple(commands))
