"""Writes the kubeconfig files that kubectl, the plugin and the rig's own programs use."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path

from .certificates import KeyPair


def write(
    path: Path,
    server: str,
    authority: Path | None,
    user: str,
    *,
    token: str | None = None,
    certificate: KeyPair | None = None,
    namespace: str | None = None,
) -> Path:
    """Write one context with everything embedded, so that the file can be copied anywhere."""
    cluster: dict[str, object] = {"server": server}
    if authority is not None:
        cluster["certificate-authority-data"] = _embedded(authority)
    credentials: dict[str, object] = {}
    if token is not None:
        credentials["token"] = token
    if certificate is not None:
        credentials["client-certificate-data"] = _embedded(certificate.certificate)
        credentials["client-key-data"] = _embedded(certificate.key)
    context = {"cluster": "rig", "user": user} | ({"namespace": namespace} if namespace else {})
    config: Mapping[str, object] = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "rig", "cluster": cluster}],
        "users": [{"name": user, "user": credentials}],
        "contexts": [{"name": f"{user}@rig", "context": context}],
        "current-context": f"{user}@rig",
    }
    path.touch(mode=0o600)
    # JSON is YAML, and needs no library.
    path.write_text(json.dumps(config, indent=1))
    return path


def _embedded(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode()
