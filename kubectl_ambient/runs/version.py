"""What `version` asks of a cluster: which Kubernetes and which parts of Istio run there."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from kubectl_ambient.cluster.facts import Pod, Unread
from kubectl_ambient.cluster.found import EVERYWHERE
from kubectl_ambient.cluster.installation_facts import Istiod
from kubectl_ambient.cluster.needs.versions import VERSIONS
from kubectl_ambient.cluster.reading.cluster import answer, why
from kubectl_ambient.cluster.reading.taking import part
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.kube.errors import KubeError
from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.evidence import Evidence
from kubectl_ambient.mesh.findings.served import Served
from kubectl_ambient.mesh.installation.agents import installation
from kubectl_ambient.mesh.installation.which_version import in_chart_labels, in_image, most_exact
from kubectl_ambient.render.say import say

if TYPE_CHECKING:
    from kubectl_ambient.kube.api import Client

PARTS = ("istio-cni", "ztunnel", "istiod")


def of_cluster(client: Client) -> dict[str, Any]:
    """What the document says of the cluster: `serverVersion`, and of Istio the versions, by part and by place.

    istio: for each part the versions that run, None where it may not be read.

    Asked side by side; why something may not be read is said on stderr. Raises KubeError without a server.
    """
    server, *found = client.side_by_side([client.version, *(partial(answer, client, one) for one in VERSIONS)])
    if isinstance(server, KubeError):
        raise server
    istio: dict[str, list[str] | None] = {}
    snapshot = Snapshot()
    # The pods of both agents are refused in the same words.
    for refusal in dict.fromkeys(str(facts) for facts in found if isinstance(facts, KubeError)):
        say(refusal, file=sys.stderr)
    for name, ask, facts in zip(PARTS, VERSIONS, found, strict=True):
        istio[name] = None if isinstance(facts, KubeError) else _versions(fact for _, _, fact in facts)
        if isinstance(facts, KubeError):
            part(snapshot, ask.kind).unread[EVERYWHERE] = Unread(what=ask.words, why=why(facts))
        else:
            part(snapshot, ask.kind).facts = {key: fact for _, key, fact in facts}
            part(snapshot, ask.kind).places.add(EVERYWHERE)
    version = {"gitVersion": server.git_version, "major": server.major, "minor": server.minor}
    return {"serverVersion": version, "istio": istio, **_by_place(snapshot)}


def _by_place(snapshot: Snapshot) -> dict[str, Any]:
    """`nodes` with the versions of their agents, `istiods` with theirs, and `skew`: what does not go together."""
    nodes: dict[str, dict[str, str | None]] = {}
    for program, pods in (("istio-cni", snapshot.cni_pods), ("ztunnel", snapshot.ztunnel_pods)):
        for pod in pods:
            if pod.node and not pod.finished:
                nodes.setdefault(pod.node, {"istio-cni": None, "ztunnel": None})[program] = _version(pod)
    istiods = [
        {
            "name": f"{istiod.namespace}/{istiod.name}",
            "revision": istiod.revision,
            "version": _version(istiod),
            "ready": None if istiod.ready is None else istiod.ready > 0,
        }
        for istiod in sorted(snapshot.istiods, key=lambda istiod: (istiod.namespace, istiod.name))
    ]
    served = Served(snapshot, installation(snapshot))
    skew = [one.finding.message for one in served.mesh if one.finding.code == Code.VERSIONS_UNSUPPORTED]
    return {"nodes": [{"name": name, **nodes[name]} for name in sorted(nodes)], "istiods": istiods, "skew": skew}


def _versions(found: Iterable[Pod | Istiod]) -> list[str]:
    """The versions as they are written on images and charts' labels, each once; an image without one is shown whole."""
    return sorted({_version(fact) for fact in found} - {""})


def _version(fact: Pod | Istiod) -> str:
    container = fact.agent if isinstance(fact, Pod) else fact.container
    image = container.image if container else ""
    nowhere = Evidence("", "", None)
    written = most_exact([*in_image(image, nowhere), *in_chart_labels(fact.labels, "")])
    return written.named.text if written else image
