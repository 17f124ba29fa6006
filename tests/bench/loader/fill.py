"""Fills a bare API server: the installation and the moulds by its API, all the rest by copying."""

from __future__ import annotations

from collections.abc import Iterator

from tests.bench.loader import captured, odd, shapes
from tests.bench.loader.etcd import Entry, Etcd
from tests.bench.loader.mould import Maker, Mould
from tests.bench.loader.plan import Plan
from tests.bench.loader.words import MODES, ODD_AMBIENT, ODD_PLAIN, WORDS
from tests.rig import definitions
from tests.rig.api import Api, ApiError, Object
from tests.rig.apiserver import ApiServer
from tests.rig.load import Snapshot

_NAMESPACES: dict[str, dict[str, str]] = {
    "ambient": {shapes.DATAPLANE: "ambient"},
    "served": {shapes.DATAPLANE: "ambient", "istio.io/use-waypoint": "wp"},
    "sidecar": {"istio-injection": "enabled"},
    "optout": {shapes.DATAPLANE: "none"},
    "plain": {},
}
_PATIENCE = 600.0
"""Seconds; etcd takes in more than the server's cache can follow."""

_WEBHOOKS = "MutatingWebhookConfiguration"


def fill(server: ApiServer, plan: Plan) -> None:
    """Put the cluster of the plan into a server that has just started, and wait until it knows all of it."""
    definitions.install(server)
    installed = [*captured.installation(), *odd.monitoring()]
    snapshot = Snapshot(server.api)
    snapshot.load([item for item in installed if item["kind"] != _WEBHOOKS])
    etcd = Etcd(server.storage)
    revision = etcd.write(_copies(plan, _moulds(server, Maker(server.api, etcd))))
    server.processes.wait_for("what was written", lambda: _knows(server.api, revision), _PATIENCE)
    # Nobody answers them here, and each pod made after them would be refused.
    snapshot.load([item for item in installed if item["kind"] == _WEBHOOKS])


def _knows(api: Api, revision: int) -> bool:
    """Whether the server's cache of pods, which are the most and come last, has what etcd had then."""
    query = {"resourceVersion": str(revision), "resourceVersionMatch": "NotOlderThan"}
    try:
        api.request("GET", "/api/v1/pods", query=query | {"fieldSelector": "metadata.name=nobody"})
    except ApiError as error:
        if error.status != 504:
            raise
        return False
    return True


def _copies(plan: Plan, moulds: dict[str, Mould]) -> Iterator[Entry]:
    for copy in plan:
        yield from moulds[copy.mould].copies(copy.values)


def _moulds(server: ApiServer, maker: Maker) -> dict[str, Mould]:
    """Every mould that a plan names."""
    moulds = {f"namespace {kind}": maker.make(shapes.namespace(labels)) for kind, labels in _NAMESPACES.items()}
    moulds["node"] = maker.make(odd.node())
    # What is made in the part of all namespaces needs one that is there.
    scratch = maker.create(shapes.namespace({}))
    for word in WORDS:
        moulds[word.name] = maker.make(*shapes.workload(word))
        for mode in MODES:
            name = f"pod {word.name} {mode}"
            if word.owner == "StatefulSet":
                for ordinal in range(word.pods):
                    moulds[f"{name} {ordinal}"] = maker.make(shapes.pod(word, mode, ordinal))
            else:
                moulds[name] = maker.make(shapes.pod(word, mode))
    for kind in (*ODD_AMBIENT, *ODD_PLAIN):
        moulds[kind] = maker.make(*odd.workload(kind))
        moulds[f"pod {kind}"] = maker.make(odd.pod(kind))
    *waypoint, proxy = captured.waypoint()
    moulds["waypoint"], moulds["waypoint pod"] = maker.make(*waypoint), maker.make(proxy)
    maker.take(scratch)
    return moulds | _system(server.api, maker)


def _system(api: Api, maker: Maker) -> dict[str, Mould]:
    """The moulds of pods whose owners are there once."""
    moulds = {"istiod": maker.make(captured.istiod())}
    daemons = {item["metadata"]["name"]: item["metadata"]["uid"] for item in api.items("/apis/apps/v1/daemonsets")}
    moulds["exporter"] = maker.make(_owned(odd.exporter(), daemons["exporter"]))
    for name in ("istio-cni-node", "ztunnel"):
        for version in (captured.VERSION, captured.OLDER):
            moulds[f"{name} {version}"] = maker.make(_owned(captured.agent(name, version), daemons[name]))
    return moulds


def _owned(pod: Object, uid: str) -> Object:
    pod["metadata"]["ownerReferences"][0]["uid"] = uid
    return pod
