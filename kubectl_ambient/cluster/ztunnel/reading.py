"""The body of a `/config_dump` as a Dump, of any version from 1.22 on.

1.22 has maps where later ones have lists, and leaves out what later ones tell; defaults are left out by all.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from msgspec import Struct, field

from kubectl_ambient.cluster.ztunnel.dump import Certificate, Dump, KnownWorkload, Proxied

T = TypeVar("T")
_Many = list[T] | dict[str, T]


class _Wire(Struct, rename="camel"):
    """A part of a dump. Keys that nobody asked for are passed over without being kept."""


class _Info(_Wire):
    name: str = ""
    namespace: str = ""
    service_account: str = ""


class _Outbound(_Wire):
    src: str = ""


class _Inbound(_Wire):
    protocol: str = ""


class _Connections(_Wire):
    inbound: list[_Inbound] = []
    outbound: list[_Outbound] = []


class _State(_Wire):
    state: str
    info: _Info | None = None
    connections: _Connections | None = None


class _GatewayAddress(_Wire):
    destination: str = ""


class _Workload(_Wire):
    uid: str = ""
    name: str = ""
    namespace: str = ""
    protocol: str = "TCP"
    waypoint: _GatewayAddress | None = None


class _Policy(_Wire):
    name: str = ""
    namespace: str = ""


class _Link(_Wire):
    valid_from: str = ""
    expiration_time: str = ""


class _Certificate(_Wire):
    identity: str
    state: str = ""
    cert_chain: list[_Link] = []


class _Config(_Wire):
    local_node: str | None = None
    cluster_id: str | None = None
    dns_proxy: bool | None = None


class _Version(_Wire):
    version: str = ""
    istio_version: str = ""


class _Dump(_Wire):
    certificates: list[_Certificate]
    workloads: list[_Workload] | dict[str, _Workload]
    policies: list[_Policy] | dict[str, _Policy] = field(default_factory=list)
    config: _Config = field(default_factory=_Config)
    version: _Version = field(default_factory=_Version)
    workload_state: dict[str, _State] | None = None


_decoder = msgspec.json.Decoder(_Dump)


def decoded(body: bytes, pods: Container[str] | None = None) -> Dump:
    """The facts of a dump; of its workloads those that are among these `pods` (`namespace/name`), None for all.

    Raises ValueError, whose words hold nothing of the dump but the place of what is wrong.
    """
    try:
        found = _decoder.decode(body)
    except msgspec.ValidationError as error:
        raise ValueError(f"it is no /config_dump of ztunnel: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ValueError("it is no JSON, or breaks off") from None
    state = found.workload_state
    return Dump(
        node=found.config.local_node or "",
        version=found.version.istio_version,
        proxied=None if state is None else {uid: _proxied(one) for uid, one in state.items()},
        workloads={
            f"{w.namespace}/{w.name}": _workload(w)
            for w in _each(found.workloads)
            if _is_pod(w.uid, found.config.cluster_id) and (pods is None or f"{w.namespace}/{w.name}" in pods)
        },
        policies=frozenset(f"{policy.namespace}/{policy.name}" for policy in _each(found.policies)),
        certificates=tuple(map(_certificate, found.certificates)),
        dns_capture=found.config.dns_proxy,
    )


def _each(many: Any) -> Iterable[Any]:
    return many.values() if isinstance(many, dict) else many


def _is_pod(uid: str, cluster: str | None) -> bool:
    """Whether it is a pod of ztunnel's own cluster: `Kubernetes//Pod/shop/web`. One that does not say may be."""
    of, found, _ = uid.partition("//Pod/")
    return not uid or (bool(found) and cluster in (None, of))


def _proxied(one: _State) -> Proxied:
    info, open_ = one.info or _Info(), one.connections or _Connections()
    return Proxied(
        state=one.state,
        namespace=info.namespace,
        name=info.name,
        service_account=info.service_account,
        sources=tuple({_address(connection.src) for connection in open_.outbound}),
        captured=any(connection.protocol == "TCP" for connection in open_.inbound),
    )


def _address(text: str) -> str:
    """The address of `10.0.0.1:4711` or `[fd00::1]:4711`."""
    host = text.rpartition(":")[0]
    return host.removeprefix("[").removesuffix("]")


def _workload(one: _Workload) -> KnownWorkload:
    waypoint = one.waypoint.destination if one.waypoint else ""
    return KnownWorkload(protocol=one.protocol, waypoint=waypoint)


def _certificate(one: _Certificate) -> Certificate:
    leaf = one.cert_chain[0] if one.cert_chain else _Link()
    return Certificate(
        identity=one.identity, state=one.state, begins=_time(leaf.valid_from), ends=_time(leaf.expiration_time)
    )


def _time(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None
