"""What `version` asks of a cluster: which Kubernetes and which parts of Istio run there."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from kubectl_ambient.cluster.api import Api
from kubectl_ambient.cluster.wire import CNI_LABEL, ZTUNNEL_LABEL
from kubectl_ambient.kube.errors import KubeError
from kubectl_ambient.mesh.installation.versions import of_image
from kubectl_ambient.render.say import say

if TYPE_CHECKING:
    from kubectl_ambient.cluster.facts import AgentContainer
    from kubectl_ambient.kube.api import Client

PARTS = ("istio-cni", "ztunnel", "istiod")


def of_cluster(client: Client) -> dict[str, Any]:
    """`serverVersion` and `istio` of the document: for each part the versions that run, None where it may not be read.

    Asked side by side; why something may not be read is said on stderr. Raises KubeError without a server.
    """
    api = Api(client)
    calls: list[Callable[[], Any]] = [
        client.version,
        lambda: [pod.agent for pod in api.agents(CNI_LABEL)],
        lambda: [pod.agent for pod in api.agents(ZTUNNEL_LABEL)],
        lambda: [istiod.container for istiod in api.istiods()],
    ]
    server, *found = client.side_by_side(calls)
    if isinstance(server, KubeError):
        raise server
    istio: dict[str, list[str] | None] = {}
    # The pods of both agents are refused in the same words.
    for refusal in dict.fromkeys(str(answer) for answer in found if isinstance(answer, KubeError)):
        say(refusal, file=sys.stderr)
    for name, answer in zip(PARTS, found, strict=True):
        istio[name] = None if isinstance(answer, KubeError) else _versions(answer)
    version = {"gitVersion": server.git_version, "major": server.major, "minor": server.minor}
    return {"serverVersion": version, "istio": istio}


def _versions(containers: Sequence[AgentContainer | None]) -> list[str]:
    """The versions that the images name, each once; an image without one is shown as it is."""
    return sorted({str(of_image(c.image) or c.image) for c in containers if c is not None})
