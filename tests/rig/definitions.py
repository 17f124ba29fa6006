"""The CRDs of Istio and of the Gateway API, as their own modules ship them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from . import programs
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
