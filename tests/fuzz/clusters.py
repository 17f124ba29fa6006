"""Whole clusters: a list of objects, in the order in which an API server lists them."""

from __future__ import annotations

from collections.abc import Iterator

from tests.fuzz.dice import Dice, made
from tests.fuzz.istio import installation
from tests.fuzz.pods import pod
from tests.fuzz.services import services
from tests.fuzz.words import NAMESPACES, NODES, OWNER_NAMES, PODS, Fields, metadata
from tests.fuzz.workloads import KINDS, event, workload

# API groups of CRDs that a cluster may be without.
_CRDS = ("gateway.networking.k8s.io", "networking.istio.io", "security.istio.io")
_HOMES = ("shop", "istio-system", "kube-system")


def key(found: Fields) -> tuple[str, str, str]:
    """What tells an object from all others."""
    return found["kind"], found["metadata"].get("namespace", ""), found["metadata"]["name"]


def group(found: Fields) -> str:
    """Its API group."""
    version: str = found["apiVersion"]
    return version.rpartition("/")[0]


def _namespace(dice: Dice, name: str) -> Fields:
    likely = ("istio.io/dataplane-mode", "istio.io/use-waypoint", "istio-injection")
    inner = metadata(dice, name, "", *likely)
    inner["labels"] = {**inner.get("labels", {}), "kubernetes.io/metadata.name": name}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": inner}


def _node(dice: Dice, name: str) -> Fields:
    return {"apiVersion": "v1", "kind": "Node", "metadata": metadata(dice, name, "", "kubernetes.io/os", "type")}


def _objects(dice: Dice, full: bool) -> Iterator[Fields]:
    namespaces = tuple(dict.fromkeys((*_HOMES, *dice.many(lambda: dice.pick(NAMESPACES), 1))))
    places = ("shop", "shop", *namespaces)
    yield from (_namespace(dice, name) for name in namespaces)
    yield from (_node(dice, name) for name in NODES[: dice.count(int(full), len(NODES))])
    pods = dice.many(lambda: pod(dice, dice.pick(places), dice.pick(PODS)), 3, least=1)
    yield from pods
    yield from dice.many(lambda: workload(dice, dice.pick(KINDS), dice.pick(places), dice.pick(OWNER_NAMES[:5])), 2)
    for number in range(dice.count(int(full), 2)):
        about = dice.pick(pods)["metadata"]
        yield event(dice, about["namespace"], about["name"], number)
    yield from installation(dice, full=full)
    # Of the proxies of a Gateway in a namespace without any pod files tell nothing.
    homes = tuple(dict.fromkeys(one["metadata"]["namespace"] for one in pods)) if full else namespaces
    yield from services(dice, homes, full=full)


def _cluster(dice: Dice, *, full: bool = False) -> list[Fields]:
    absent = None if full else dice.rarely(*_CRDS)
    by_key = {key(found): found for found in _objects(dice, full) if group(found) != absent}
    return [by_key[place] for place in sorted(by_key)]


clusters = made(_cluster)
"""Some namespaces with all that is in them.

full: what files without it cannot tell from what was not written down is there once: a node, an event, a Gateway,
each part of Istio.
"""
