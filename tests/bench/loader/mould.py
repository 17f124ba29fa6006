"""Has the API server make one object of each shape, takes its bytes out of etcd, and copies them under other names."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from tests.bench.loader import marks
from tests.bench.loader.etcd import Entry, Etcd
from tests.rig.api import Api, ApiError, Object
from tests.rig.processes import wait_for
from tests.rig.resources import Resources

_KEYS = {
    "Service": "services/specs",
    "Node": "minions",
    "IPAddress": "ipaddresses",
    "Gateway": "gateway.networking.k8s.io/gateways",
}

REDIRECTION = "ambient.istio.io/redirection"


@dataclass(frozen=True)
class Mould:
    """Stored objects in which marks stand for what differs."""

    entries: tuple[Entry, ...]

    def copies(self, values: Mapping[str, str]) -> Iterator[Entry]:
        """The same objects with these values in the place of marks; raises ValueError where a length differs."""
        pairs = [pair for mark, value in values.items() for pair in _forms(mark, value)]
        for key, value in self.entries:
            for old, new in pairs:
                key, value = key.replace(old, new), value.replace(old, new)
            yield key, value


class Maker:
    """Makes moulds; nothing of what was created for them stays."""

    def __init__(self, api: Api, etcd: Etcd) -> None:
        self._api = api
        self._etcd = etcd
        self._resources = Resources(api)

    def make(self, *objects: Object) -> Mould:
        """A mould of these objects, each with the status and, if it is a pod, the redirection that it is given."""
        entries: list[Entry] = []
        for item in objects:
            entries.append(self.take(self.create(item)))
            if item["kind"] == "Service":
                address = self._api.get(f"/apis/networking.k8s.io/v1/ipaddresses/{marks.SERVICE_IP}")
                if address is None:
                    raise RuntimeError(f"the Service {item['metadata']['name']} has no address of its own")
                entries.append(self.take(address | {"kind": "IPAddress"}))
        return Mould(tuple(entries))

    def _posted(self, path: str, item: Object, query: dict[str, str]) -> Object | None:
        """The object; None while the server still sees the address of the last Service, which etcd has no more."""
        try:
            return self._api.request("POST", path, item, query=query)
        except ApiError as error:
            if "already allocated" in str(error):
                return None
            raise

    def create(self, item: Object) -> Object:
        """Create an object as its owners write it: one the object, one its status, istio-cni its annotation."""
        item = copy.deepcopy(item)
        status, annotations = item.pop("status", None), item["metadata"].get("annotations") or {}
        redirection = annotations.pop(REDIRECTION, None)
        path = self._resources.of(item).path(item)
        query = {"fieldManager": "kube-controller-manager", "fieldValidation": "Strict"}
        made = wait_for(f"{path} to be made", lambda: self._posted(path.rpartition("/")[0], item, query))
        if status:
            keeper = "kubelet" if item["kind"] in ("Pod", "Node") else "kube-controller-manager"
            made = self._api.patch(f"{path}/status", {"status": status}, keeper)
        if redirection:
            made = self._api.patch(
                f"{path}/status", {"metadata": {"annotations": {REDIRECTION: redirection}}}, "install-cni"
            )
        return made | {"kind": item["kind"]}

    def take(self, made: Object) -> Entry:
        """Read what the server keeps of an object, put marks into it, and take it away from the server."""
        metadata, kind = made["metadata"], made["kind"]
        where = [_KEYS.get(kind, f"{kind.lower()}s"), metadata.get("namespace", ""), metadata["name"]]
        key = "/".join(["/registry", *filter(None, where)]).encode()
        value = self._etcd.read(key)
        self._etcd.delete(key)
        own = {metadata["uid"]: marks.UIDS.get(kind, marks.WORKLOAD), metadata["creationTimestamp"]: marks.CREATED}
        for old, new in own.items():
            for pair in _forms(old, new):
                value = value.replace(*pair)
        return key, value


def _forms(old: str, new: str) -> list[Entry]:
    """The bytes to look for and those to put there; a moment stands in protobuf as a number."""
    if len(old) != len(new):
        raise ValueError(f"{new!r} cannot stand where {old!r} stood: it has another length")
    forms = [(old.encode(), new.encode())]
    if old.endswith("Z"):
        forms.append((_time(old), _time(new)))
    return forms


def _time(text: str) -> bytes:
    """A `metav1.Time` in protobuf: 8 bytes, field 1 the seconds (5 bytes from 1978 to 3058), field 2 zero."""
    seconds = int(datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp())
    number = bytes(seconds >> shift & 0x7F | 0x80 for shift in (0, 7, 14, 21)) + bytes([seconds >> 28])
    return b"\x08\x08" + number + b"\x10\x00"
