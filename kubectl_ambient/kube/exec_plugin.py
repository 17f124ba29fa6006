"""Credential plugins (`users[].user.exec`): run as kubectl runs them, their failure told in one sentence.

The `kubernetes` package runs them too, but swallows their failure and then asks anonymously.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from base64 import b64encode
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec import Struct

from kubectl_ambient.foreign import stacked

from .access import Access
from .errors import ConfigError, printable, why_not_opened
from .kubeconfig import Entry
from .kubeconfig_types import json_kind
from .plugin_path import look_path, why_not_allowed
from .secrets import hide_all, remember

_GROUP = "client.authentication.k8s.io/"
_VERSION = re.compile(r"client\.authentication\.k8s\.io/v[0-9a-z]{1,10}")
_CLUSTER_KEYS = (
    "server",
    "tls-server-name",
    "insecure-skip-tls-verify",
    "certificate-authority-data",
    "proxy-url",
    "disable-compression",
)


class ExecCredential(Struct, frozen=True):
    """What a plugin answered; `expires_at` is Unix time in seconds, None when it did not say."""

    token: str = ""
    certificate: str = ""
    key: str = ""
    expires_at: float | None = None


def run_exec_plugin(access: Access) -> ExecCredential:
    """Runs the plugin of the access's user. Raises ConfigError naming its command and what it said."""
    spec: Entry = access.user["exec"]
    command, version = str(spec.get("command") or ""), str(spec.get("apiVersion") or "")
    if version not in (f"{_GROUP}v1", f"{_GROUP}v1beta1"):
        raise ConfigError(f'error: exec plugin: invalid apiVersion "{version}"')
    interactive = _is_interactive(spec)
    info: dict[str, Any] = {
        "kind": "ExecCredential",
        "apiVersion": version,
        "spec": {"interactive": interactive},
    }
    if spec.get("provideClusterInfo"):
        info["spec"]["cluster"] = _cluster_info(access)
    environ = dict(os.environ)
    for entry in spec.get("env") or ():
        # A name may hold the equals sign itself: Go joins both with another.
        name, _, value = f"{entry['name']}={entry.get('value') or ''}".partition("=")
        environ[name] = value
    environ["KUBERNETES_EXEC_INFO"] = _as_json(info)
    program = look_path(command)
    if why := why_not_allowed(command, program, access.plugin_policy):
        raise _failed(why)
    if program is None:
        raise _failed(f"exec: executable {command} not found", spec)
    out = _run(program, [arg or "" for arg in spec.get("args") or ()], environ, interactive, spec)
    return _read(out, command, version)


def _is_interactive(spec: Entry) -> bool:
    mode = spec.get("interactiveMode") or "IfAvailable"
    terminal = sys.stdin is not None and sys.stdin.isatty()
    if mode == "Always" and not terminal:
        raise _failed("exec plugin cannot support interactive mode: standard input is not a terminal", spec)
    return mode != "Never" and terminal


def _cluster_info(access: Access) -> Entry:
    info = {key: access.cluster[key] for key in _CLUSTER_KEYS if key in access.cluster}
    if path := access.cluster.get("certificate-authority"):
        info["certificate-authority-data"] = b64encode(Path(path).read_bytes()).decode()
    for extension in access.cluster.get("extensions") or ():
        if isinstance(extension, dict) and extension.get("name") == f"{_GROUP}exec":
            info["config"] = extension.get("extension")
    return info


def _as_json(info: Entry) -> str:
    try:
        return json.dumps(info, default=str, skipkeys=True)
    except (ValueError, RecursionError):  # it holds itself, by an anchor of YAML
        raise _failed("encode ExecCredentials: the cluster's extension cannot be written as JSON") from None


def _run(program: str, args: list[str], environ: dict[str, str], interactive: bool, spec: Entry) -> bytes:
    command = spec["command"]
    # A person at a terminal must see a plugin's questions ("open this page and enter…") as they come.
    seen = sys.stderr is not None and sys.stderr.isatty()
    try:
        done = subprocess.run(
            [program, *args],
            env=environ,
            stdin=None if interactive else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=None if seen else subprocess.PIPE,
            check=False,
        )
    except (OSError, ValueError) as e:  # a ValueError is for a NUL
        raise _failed(f"exec: fork/exec {command}: {why_not_opened(e)}", spec) from None
    if done.returncode:
        said = printable(" ".join(hide_all((done.stderr or b"").decode(errors="replace")).split()), 500)
        words_of_it = f": {said}" if said else ""
        raise _failed(f"exec: executable {command} failed with exit code {done.returncode}{words_of_it}", spec)
    return done.stdout


def _read(out: bytes, command: str, version: str) -> ExecCredential:
    """What a plugin printed; it may be anything, so nothing of it is shown but a version that looks like one."""
    try:
        answer = json.loads(out)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict) or answer.get("kind") != "ExecCredential":
        raise _failed(f"exec: executable {command} printed no ExecCredential")
    if (other := answer.get("apiVersion")) != version:
        shown = other if isinstance(other, str) and _VERSION.fullmatch(other) else "that is none"
        raise _failed(f"exec plugin is configured to use API version {version}, plugin returned version {shown}")
    status = answer.get("status")
    if status is None:
        raise _failed("exec plugin didn't return a status field")
    if (wrong := _wrong_status(status)) is not None:
        raise _failed(f"decoding stdout: {wrong}")
    token, certificate, key = (status.get(k) or "" for k in ("token", "clientCertificateData", "clientKeyData"))
    remember(token, key)
    if not token and not certificate and not key:
        raise _failed("exec plugin didn't return a token or cert/key pair")
    if bool(certificate) != bool(key):
        raise _failed("exec plugin returned only certificate or key, not both")
    return ExecCredential(token.strip(), certificate, key, _unix_time(status.get("expirationTimestamp")))


def _wrong_status(status: object) -> str | None:
    where = "ExecCredential.status"
    if not isinstance(status, dict):
        return f"json: cannot unmarshal {json_kind(status)} into Go struct field {where} of type ExecCredentialStatus"
    for key in ("clientCertificateData", "clientKeyData", "expirationTimestamp", "token"):
        if (value := status.get(key)) is not None and not isinstance(value, str):
            field = f"ExecCredentialStatus.status.{key}"
            return f"json: cannot unmarshal {json_kind(value)} into Go struct field {field} of type string"
    return None


def _unix_time(text: str | None) -> float | None:
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        raise _failed("exec plugin returned an expirationTimestamp that is no time") from None


def _failed(why: str, spec: Entry | None = None) -> ConfigError:
    # Often several lines: set off, so that none of them passes for one of ours.
    hint = stacked(map(printable, str((spec or {}).get("installHint") or "").strip()[:1000].splitlines()), "\n  ")
    return ConfigError(f"Unable to connect to the server: getting credentials: {printable(why)}", hint=hint)
