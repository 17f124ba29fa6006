"""Captures the bundled example from the running lab, without what is only this machine's.

python -m tests.rig.capture examples/shop.yaml
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from . import kubectl, lab
from .api import Object
from .mesh import NAMESPACE

# In the order in which a reader meets them.
_KINDS = (
    "namespaces",
    "nodes",
    "daemonsets",
    "deployments",
    "statefulsets",
    "replicasets",
    "jobs",
    "cronjobs",
    "pods",
    "services",
    "serviceentries",
    "workloadentries",
    "gatewayclasses",
    "gateways",
    "configmaps",
    "mutatingwebhookconfigurations",
    "events",
)

_CONFIG_MAPS = ("istio", "istio-cni-config", "istio-sidecar-injector")
_EVENTS = ("FailedCreatePodSandBox",)

_HEADER = """\
# A snapshot of a small shop on Istio's ambient mesh, as `kubectl get … -o yaml` prints it.
# Taken from the lab (`make lab`, `make example`): every kind of pod that the plugin tells apart is here,
# and in the namespace catalog every kind of waypoint.
"""


class _Dumper(yaml.SafeDumper):
    """Texts of many lines stay readable."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _represent_text)


def main(target: Path) -> int:
    """Write the snapshot."""
    if not lab.KUBECONFIG.exists():
        print("no lab: start it with `make lab`", file=sys.stderr)
        return 1
    items = [item for kind in _KINDS for item in _listed(kind)]
    document = {"apiVersion": "v1", "kind": "List", "items": items}
    text = _HEADER + yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=2**20)
    target.parent.mkdir(exist_ok=True)
    target.write_text(text)
    print(f"{target}: {len(items)} objects, {len(text.encode()) // 1024} KB")
    return 0


def _listed(kind: str) -> Iterator[Object]:
    printed = kubectl.run("get", kind, "-A", "-o", "yaml", kubeconfig=lab.KUBECONFIG, check=True).stdout
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    items: list[Object] = yaml.load(printed, loader)["items"]
    items.sort(key=lambda item: (item["metadata"].get("namespace", ""), item["metadata"]["name"]))
    for item in items:
        if _is_wanted(item):
            yield _cleaned(item)


def _is_wanted(item: Object) -> bool:
    if item["kind"] == "ConfigMap":
        return item["metadata"]["namespace"] == NAMESPACE and item["metadata"]["name"] in _CONFIG_MAPS
    return item["kind"] != "Event" or item["reason"] in _EVENTS


def _cleaned(item: Object) -> Object:
    metadata = item["metadata"]
    metadata.pop("managedFields", None)
    annotations: dict[str, str] = metadata.get("annotations", {})
    # What tells the played kubelet and agent how to behave is no part of the picture.
    for key in [key for key in annotations if key.startswith(("rig.", "kwok.", "kubectl.kubernetes.io/"))]:
        del annotations[key]
    if not annotations:
        metadata.pop("annotations", None)
    if item["kind"] == "MutatingWebhookConfiguration":
        _point_at_service(item)
    if item["kind"] == "ConfigMap" and metadata["name"] == "istio-sidecar-injector":
        _shorten_injector(item)
    if item["kind"] == "Service" and metadata["name"] == "kubernetes":
        # The port where the rig's server happened to listen.
        item["spec"]["ports"][0]["targetPort"] = 6443
    return item


def _point_at_service(item: Object) -> None:
    """The webhook as the install has it: the rig's istiod has an address of its own."""
    for hook in item["webhooks"]:
        path = re.sub(r"^https://[^/]+", "", hook["clientConfig"]["url"])
        service = {"name": "istiod", "namespace": NAMESPACE, "path": path, "port": 443}
        hook["clientConfig"] = {"service": service}


def _shorten_injector(item: Object) -> None:
    """The settings that decide whether a pod is injected; what is injected fills 100 KB and decides nothing."""
    config = yaml.safe_load(item["data"]["config"])
    settings = ("policy", "alwaysInjectSelector", "neverInjectSelector", "defaultTemplates")
    kept = {key: config[key] for key in settings if key in config}
    kept["templates"] = dict.fromkeys(config.get("templates", {}), "")
    values = json.loads(item["data"]["values"])
    injector = {"sidecarInjectorWebhook": values.get("sidecarInjectorWebhook", {})}
    item["data"] = {
        "config": yaml.safe_dump(kept, sort_keys=False),
        "values": json.dumps({"revision": values.get("revision", ""), **injector}, indent=2) + "\n",
    }


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
