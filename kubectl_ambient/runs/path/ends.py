"""The ends of a path as they are typed: `pod/a`, `deploy/a`, `svc/b:8080`, `outside`, an address, `node`, a host."""

from __future__ import annotations

import ipaddress

from msgspec import Struct

from kubectl_ambient.kube.errors import UsageError
from kubectl_ambient.kube.resources import find_resource

WORKLOADS = (
    *("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"),
    *("Job", "CronJob", "ReplicationController"),
)
KINDS = ("Pod", "Service", "Gateway", "ServiceEntry", "Node", *WORKLOADS)
OUTSIDE, NODE = "outside", "node"
_FORMS = "pod/a, deploy/a, svc/b:8080, svc/NAMESPACE/b, outside, node, an address, or a host"


class Typed(Struct, frozen=True, kw_only=True):
    """One end. kind: of an object, or what it is else. namespace: empty for the one that the command is about.

    port: None where none was typed.
    """

    kind: str
    name: str = ""
    namespace: str = ""
    port: int | None = None

    @property
    def everywhere(self) -> bool:
        """Whether nothing tells in which namespace it is."""
        return self.kind in ("Address", "Host")


def parse_end(text: str) -> Typed:
    """What was typed. Raises UsageError."""
    if address := _address(text):
        return address
    word, port = _port(text)
    if word == OUTSIDE:
        return Typed(kind="Outside", port=port)
    if word == NODE:
        return Typed(kind="Node", port=port)
    if "/" in word:
        return _object(word, port)
    service = _service_host(word)
    if service is not None:
        return Typed(kind="Service", name=service[0], namespace=service[1], port=port)
    if "." in word.strip("."):
        return Typed(kind="Host", name=word, port=port)
    raise UsageError(f'error: "{text}" is no end of a path: it is one of {_FORMS}')


def _address(text: str) -> Typed | None:
    """`10.0.0.1`, `10.0.0.1:80`, `fd00::1`, `[fd00::1]:80`."""
    host, port = text, None
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        port = _number(rest[1:], text) if rest.startswith(":") else None
    elif text.count(":") == 1:
        host, _, rest = text.partition(":")
        port = _number(rest, text) if _is_address(host) else None
    return Typed(kind="Address", name=str(ipaddress.ip_address(host)), port=port) if _is_address(host) else None


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _port(text: str) -> tuple[str, int | None]:
    word, colon, rest = text.rpartition(":")
    return (word, _number(rest, text)) if colon else (text, None)


def check_port(number: int) -> int:
    """A port that TCP has. Raises UsageError."""
    if not 0 < number < 65536:
        raise UsageError(f"error: {number} is no port: it is between 1 and 65535")
    return number


def _number(text: str, typed: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise UsageError(f'error: "{typed}" does not end with the number of a port')
    return check_port(int(text))


def _object(word: str, port: int | None) -> Typed:
    parts = word.split("/")
    if len(parts) > 3 or not all(parts):
        raise UsageError(f'error: "{word}" is no end of a path: it is one of {_FORMS}')
    resource = find_resource(parts[0])
    if resource.kind not in KINDS:
        raise UsageError(f'error: nothing comes from or goes to "{resource.plural}": an end is one of {_FORMS}')
    if len(parts) == 3 and not resource.namespaced:
        raise UsageError(f"error: {resource.plural} are in no namespace")
    namespace = parts[1] if len(parts) == 3 else ""
    name = parts[-1]
    if resource.kind == "Service" and not namespace and "." in name:  # no Service has a dot in its name
        name, _, namespace = name.removesuffix(".").partition(".")
        namespace = namespace.partition(".")[0]
    return Typed(kind=resource.kind, name=name, namespace=namespace, port=port)


def _service_host(word: str) -> tuple[str, str] | None:
    """`cart`, `shop` of `cart.shop.svc.cluster.local`; `cart.shop` alone may be any host."""
    parts = word.split(".")
    if len(parts) >= 3 and parts[2] == "svc":
        return parts[0], parts[1]
    return None
