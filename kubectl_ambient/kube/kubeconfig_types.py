"""The types of a kubeconfig's fields, and Go's sentence for a value that is of another one.

As client-go's tools/clientcmd/api/v1/types.go; the order of the check is that of encoding/json after a YAML file.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct, field


class _Type(Struct, frozen=True):
    """`go`: its name in Go. `each`: of what a list or a map is made. `fields`: those of a struct."""

    go: str
    kind: str
    each: _Type | None = None
    fields: Mapping[str, _Type] = field(default_factory=dict)


_PLAIN = (dict, list, str, bool)  # and not what tags of YAML make: sets, dates, bytes

_STRING = _Type("string", "string")
_BOOL = _Type("bool", "bool")
_BYTES = _Type("[]uint8", "string")  # base64; Go takes a list of numbers as well


def _list(each: _Type) -> _Type:
    return _Type(f"[]{each.go}", "array", each)


def _map(each: _Type) -> _Type:
    return _Type(f"map[string]{each.go}", "object", each)


def _struct(go: str, /, **fields: _Type) -> _Type:
    return _Type(f"v1.{go}", "object", None, {key.replace("_", "-"): value for key, value in fields.items()})


_EXTENSIONS = _list(_struct("NamedExtension", name=_STRING))
_CLUSTER = _struct(
    "Cluster",
    server=_STRING,
    tls_server_name=_STRING,
    insecure_skip_tls_verify=_BOOL,
    certificate_authority=_STRING,
    certificate_authority_data=_BYTES,
    proxy_url=_STRING,
    disable_compression=_BOOL,
    extensions=_EXTENSIONS,
)
_EXEC = _struct(
    "ExecConfig",
    command=_STRING,
    args=_list(_STRING),
    env=_list(_struct("ExecEnvVar", name=_STRING, value=_STRING)),
    apiVersion=_STRING,
    installHint=_STRING,
    provideClusterInfo=_BOOL,
    interactiveMode=_Type("v1.ExecInteractiveMode", "string"),
)
_USER = _struct(
    "AuthInfo",
    client_certificate=_STRING,
    client_certificate_data=_BYTES,
    client_key=_STRING,
    client_key_data=_BYTES,
    token=_STRING,
    tokenFile=_STRING,
    as_uid=_STRING,
    as_groups=_list(_STRING),
    as_user_extra=_map(_list(_STRING)),
    username=_STRING,
    password=_STRING,
    auth_provider=_struct("AuthProviderConfig", name=_STRING, config=_map(_STRING)),
    exec=_EXEC,
    extensions=_EXTENSIONS,
    **{"as": _STRING},
)
_CONTEXT = _struct("Context", cluster=_STRING, user=_STRING, namespace=_STRING, extensions=_EXTENSIONS)
_CONFIG = _struct(
    "Config",
    preferences=_struct("Preferences", colors=_BOOL, extensions=_EXTENSIONS),
    clusters=_list(_struct("NamedCluster", name=_STRING, cluster=_CLUSTER)),
    users=_list(_struct("NamedAuthInfo", name=_STRING, user=_USER)),
    contexts=_list(_struct("NamedContext", name=_STRING, context=_CONTEXT)),
    current_context=_STRING,
    extensions=_EXTENSIONS,
)
_NO_BASE64 = re.compile(r"[^A-Za-z0-9+/]")


def wrong_type(config: Mapping[Any, Any]) -> tuple[str, str] | None:
    """Of the first value that cannot be what its field is: Go's sentence, and `exec.args of user "dev"` or "".

    None when all are right. No value stands in it: it may be a secret.
    """
    return next(_wrong(config, _CONFIG, "Config", (), ""), None)


def json_kind(value: object) -> str:
    """What a value of YAML is called in JSON."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, list | tuple):
        return "array"
    return "object" if isinstance(value, Mapping | set) else "string"


def _wrong(value: Any, wanted: _Type, struct: str, path: tuple[str, ...], entry: str) -> Iterator[tuple[str, str]]:
    """`struct` and `path` are what Go names; `entry` is the name of the cluster, user or context."""
    if value is None:
        return
    kind, field_path = json_kind(value), f"{struct}.{'.'.join(path)}"
    if wanted is _BYTES and isinstance(value, list):
        for part in value:
            if part is not None and (type(part) is not int or not 0 <= part < 256):
                yield _cannot(json_kind(part), field_path, "uint8"), _where(path, entry)
    elif kind != wanted.kind or type(value) not in _PLAIN:
        yield _cannot(kind, field_path, wanted.go), _where(path, entry)
    elif wanted is _BYTES:
        if (at := bad_base64(value)) is not None:
            yield f"illegal base64 data at input byte {at}", _where(path, entry)
    elif wanted.each is not None:
        for part in value.values() if isinstance(value, dict) else value:
            yield from _wrong(part, wanted.each, struct, path, entry)
    else:
        if len(path) == 1 and wanted.fields and isinstance(name := value.get("name"), str):
            entry = name
        for key in sorted(wanted.fields):
            if key in value:
                go = wanted.go.removeprefix("v1.")
                yield from _wrong(value[key], wanted.fields[key], go, (*path, key), entry)


def _where(path: tuple[str, ...], entry: str) -> str:
    """`exec.args of user "dev"`; "" where Go's words already say all."""
    if len(path) < 2 or not entry:
        return ""
    of = f'{path[1]} "{entry}"'
    return f"{'.'.join(path[2:])} of {of}" if path[2:] else of


def _cannot(kind: str, field_path: str, go: str) -> str:
    return f"json: cannot unmarshal {kind} into Go struct field {field_path} of type {go}"


def bad_base64(text: str) -> int | None:
    """Where `text` stops to be base64, its white space left out; None when all of it is."""
    text = "".join(text.split())
    try:
        base64.b64decode(text, validate=True)
    except ValueError:
        found = _NO_BASE64.search(text.rstrip("="))
        return found.start() if found else len(text.rstrip("=")) // 4 * 4
    return None
