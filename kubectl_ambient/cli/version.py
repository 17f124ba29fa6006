"""`kubectl ambient version`: of the tool, and of what runs in the cluster."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kubectl_ambient import __version__
from kubectl_ambient.cli import settings
from kubectl_ambient.cli.kube_command import connection
from kubectl_ambient.render.say import say
from kubectl_ambient.runs.output import check_format

if TYPE_CHECKING:
    from kubectl_ambient.cluster.facts import AgentContainer
    from kubectl_ambient.kube.api import Client

RULES = "Istio 1.22 to 1.31"
PARTS = ("istio-cni", "ztunnel", "istiod")


def version(
    ctx: typer.Context,
    client: Annotated[bool, typer.Option("--client", help="Only this tool's own version; asks no cluster.")] = False,
    output: Annotated[str, typer.Option("-o", "--output", help="One of json, yaml.")] = "",
) -> None:
    """Print the version of this tool, of Kubernetes, and of Istio's agents."""
    check_format(output, settings.FORMATS_DOCUMENT)
    document: dict[str, Any] = {"clientVersion": {"gitVersion": f"v{__version__}", "rules": RULES}}
    if client:
        _print(document, output)
        return
    from kubectl_ambient.kube.api import connect

    cluster = connect(connection(ctx))
    try:
        document |= _of_cluster(cluster)
    finally:  # as kubectl does it: without an answer, the client's own version all the same
        _print(document, output)


def _print(document: dict[str, Any], output: str) -> None:
    if output:
        from kubectl_ambient.render.documents import as_text

        say(as_text(document, output))
    else:
        _print_text(document)


def _of_cluster(client: Client) -> dict[str, Any]:
    """Asked side by side; what may not be read is null, and it is said why. Raises KubeError without a server."""
    from kubectl_ambient.cluster.needs.versions import VERSIONS
    from kubectl_ambient.cluster.reading.cluster import answer
    from kubectl_ambient.kube.errors import KubeError

    server, *found = client.side_by_side([client.version, *(partial(answer, client, one) for one in VERSIONS)])
    if isinstance(server, KubeError):
        raise server
    istio: dict[str, list[str] | None] = {}
    # The pods of both agents are refused in the same words.
    for refusal in dict.fromkeys(str(refused) for refused in found if isinstance(refused, KubeError)):
        say(refusal, file=sys.stderr)
    for name, facts in zip(PARTS, found, strict=True):
        istio[name] = None if isinstance(facts, KubeError) else _versions([container_of(f) for _, _, f in facts])
    version = {"gitVersion": server.git_version, "major": server.major, "minor": server.minor}
    return {"serverVersion": version, "istio": istio}


def container_of(fact: Any) -> AgentContainer | None:
    """The container of an agent's pod or of an istiod."""
    from kubectl_ambient.cluster.facts import Pod

    found: AgentContainer | None = fact.agent if isinstance(fact, Pod) else fact.container
    return found


def _versions(containers: Sequence[AgentContainer | None]) -> list[str]:
    """The versions that the images name, each once; an image without one is shown as it is."""
    from kubectl_ambient.mesh.installation.versions import of_image

    return sorted({str(of_image(c.image) or c.image) for c in containers if c is not None})


def _print_text(document: dict[str, Any]) -> None:
    say(f"Client Version: {document['clientVersion']['gitVersion']}")
    say(f"Rules Known: {document['clientVersion']['rules']}")
    if "serverVersion" in document:
        say(f"Server Version: {document['serverVersion']['gitVersion']}")
    for name, found in document.get("istio", {}).items():
        say(f"{name}: {'unknown' if found is None else ', '.join(found) or 'none'}")
