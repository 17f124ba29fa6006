"""The CRDs of Istio and of the Gateway API, as their own modules ship them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from . import programs
from .api import Object
from .apiserver import ApiServer

_FILES = ("istio-crds.yaml", "gateway-api-crds.yaml")


def install(server: ApiServer) -> None:
    """Create them, both files at a time."""

    def create(name: str) -> None:
        # To check them, kubectl would fetch the server's whole schema, which grows with each CRD.
        server.kubectl("create", "--validate=false", "-f", str(programs.data(name)))

    with ThreadPoolExecutor() as pool:
        for done in [pool.submit(create, name) for name in _FILES]:
            done.result()


def lax(version: str, kind: str, plural: str, *, namespaced: bool = True) -> Object:
    """A CRD that takes every object: what its own operator asks of one is not the question here."""
    group, _, name = version.partition("/")
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "names": {"kind": kind, "plural": plural},
            "scope": "Namespaced" if namespaced else "Cluster",
            "versions": [{"name": name, "served": True, "storage": True, "schema": schema}],
        },
    }
