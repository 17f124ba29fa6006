"""`kubectl ambient version`: of the tool, and of what runs in the cluster."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from kubectl_ambient import __version__
from kubectl_ambient.cli import settings
from kubectl_ambient.cli.kube_command import connection
from kubectl_ambient.mesh.few import few
from kubectl_ambient.render.say import say
from kubectl_ambient.runs.output import check_format

_MOST = 5
RULES = "Istio 1.22 to 1.31"


def version(
    ctx: typer.Context,
    client: Annotated[bool, typer.Option("--client", help="Only this tool's own version; asks no cluster.")] = False,
    output: Annotated[str, settings.output(*settings.FORMATS_DOCUMENT)] = "",
) -> None:
    """Print the version of this tool, of Kubernetes, and of Istio's agents."""
    check_format(output, settings.FORMATS_DOCUMENT)
    document: dict[str, Any] = {"clientVersion": {"gitVersion": f"v{__version__}", "rules": RULES}}
    if client:
        _print(document, output)
        return
    from kubectl_ambient.kube.api import connect
    from kubectl_ambient.runs.version import of_cluster

    cluster = connect(connection(ctx))
    try:
        document |= of_cluster(cluster)
    finally:  # as kubectl does it: without an answer, the client's own version all the same
        _print(document, output)


def _print(document: dict[str, Any], output: str) -> None:
    if output:
        from kubectl_ambient.render.documents import as_text

        say(as_text(document, output))
    else:
        _print_text(document)


def _print_text(document: dict[str, Any]) -> None:
    say(f"Client Version: {document['clientVersion']['gitVersion']}")
    say(f"Rules Known: {document['clientVersion']['rules']}")
    if "serverVersion" in document:
        say(f"Server Version: {document['serverVersion']['gitVersion']}")
    for name, found in document.get("istio", {}).items():
        say(f"{name}: {'unknown' if found is None else ', '.join(_with_places(document, name, found)) or 'none'}")
    for sentence in document.get("skew", []):
        say(f"‼ {sentence[:1].upper()}{sentence[1:]}.")


def _with_places(document: dict[str, Any], part: str, versions: list[str]) -> list[str]:
    """Of istiod whether each is Ready; of agents the nodes of each version, where there are several."""
    if part == "istiod":
        words = {True: "Ready", False: "not Ready", None: "Ready or not is not known"}
        return [f"{one['version']} ({one['name']}, {words[one['ready']]})" for one in document["istiods"]]
    if len(versions) < 2:
        return versions
    homes = {version: [node["name"] for node in document["nodes"] if node[part] == version] for version in versions}
    return [f"{version} ({few(homes[version], _MOST)})" if homes[version] else version for version in versions]
