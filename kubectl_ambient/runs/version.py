"""What `version` asks of a cluster: which Kubernetes and which parts of Istio run there."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from kubectl_ambient.cluster.facts import Pod
from kubectl_ambient.cluster.installation_facts import Istiod
from kubectl_ambient.cluster.needs.versions import VERSIONS
from kubectl_ambient.cluster.reading.cluster import answer
from kubectl_ambient.kube.errors import KubeError
from kubectl_ambient.mesh.evidence import Evidence
from kubectl_ambient.mesh.installation.which_version import in_chart_labels, in_image, most_exact
from kubectl_ambient.render.say import say

if TYPE_CHECKING:
    from kubectl_ambient.kube.api import Client

PARTS = ("istio-cni", "ztunnel", "istiod")


def of_cluster(client: Client) -> dict[str, Any]:
    """`serverVersion` and `istio` of the document: for each part the versions that run, None where it may not be read.

    Asked side by side; why something may not be read is said on stderr. Raises KubeError without a server.
    """
    server, *found = client.side_by_side([client.version, *(partial(answer, client, one) for one in VERSIONS)])
    if isinstance(server, KubeError):
        raise server
    istio: dict[str, list[str] | None] = {}
    # The pods of both agents are refused in the same words.
    for refusal in dict.fromkeys(str(facts) for facts in found if isinstance(facts, KubeError)):
        say(refusal, file=sys.stderr)
    for name, facts in zip(PARTS, found, strict=True):
        istio[name] = None if isinstance(facts, KubeError) else _versions(fact for _, _, fact in facts)
    version = {"gitVersion": server.git_version, "major": server.major, "minor": server.minor}
    return {"serverVersion": version, "istio": istio}


def _versions(found: Iterable[Pod | Istiod]) -> list[str]:
    """The versions as they are written on images and charts' labels, each once; an image without one is shown whole."""
    return sorted({_version(fact) for fact in found} - {""})


def _version(fact: Pod | Istiod) -> str:
    container = fact.agent if isinstance(fact, Pod) else fact.container
    image = container.image if container else ""
    nowhere = Evidence("", "", None)
    written = most_exact([*in_image(image, nowhere), *in_chart_labels(fact.labels, "")])
    return written.named.text if written else image
