"""Pods that are not as they should be, or not as the rest of their namespace; and what runs on each node."""

from __future__ import annotations

from tests.bench.loader import marks, shapes
from tests.bench.loader.mould import REDIRECTION
from tests.bench.loader.words import Word
from tests.rig.api import Object

EXPORTER = Word("exporter", "Deployment", 1, 10)
"""The DaemonSet that runs on the host network of each node."""
MONITORING = "monitoring"

_OWN_LABEL = {"chosen": "ambient", "debug": "none"}


def workload(kind: str) -> list[Object]:
    """What owns such a pod."""
    objects = shapes.workload(_word(kind))
    for item in objects:
        template = item["spec"].get("template")
        if template and kind in _OWN_LABEL:
            template["metadata"]["labels"][shapes.DATAPLANE] = _OWN_LABEL[kind]
        if template and kind == "edge":
            template["spec"]["hostNetwork"] = True
    return objects


def pod(kind: str) -> Object:
    """A single pod, as `words.ODD_AMBIENT` and `words.ODD_PLAIN` name them."""
    made = shapes.pod(_word(kind), "sidecar" if kind == "mixed" else "bare")
    metadata, spec = made["metadata"], made["spec"]
    match kind:
        case "forgotten" | "mixed":
            pass
        case "refused":
            metadata["annotations"][REDIRECTION] = "pending"
        case "stale":
            metadata["annotations"][REDIRECTION] = "enabled"
        case "chosen":
            metadata["annotations"][REDIRECTION] = "enabled"
            metadata["labels"][shapes.DATAPLANE] = _OWN_LABEL[kind]
        case "debug":
            metadata["labels"][shapes.DATAPLANE] = _OWN_LABEL[kind]
        case "edge":
            _on_host_network(made)
        case "queued":
            del spec["nodeName"]
            unscheduled = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}
            unscheduled |= {
                "lastTransitionTime": marks.CREATED,
                "message": "0/1 nodes are available: Insufficient cpu.",
            }
            made["status"] = {"phase": "Pending", "qosClass": "Burstable", "conditions": [unscheduled]}
        case _:
            raise ValueError(kind)
    return made


def exporter() -> Object:
    """A pod of the DaemonSet that `monitoring` has."""
    made = shapes.pod(EXPORTER, "bare")
    metadata = made["metadata"]
    metadata |= {"namespace": MONITORING, "name": f"exporter-{marks.SUFFIX}", "generateName": "exporter-"}
    metadata["labels"] = {"app": "exporter", "controller-revision-hash": "7c9f8d6b5"}
    metadata["ownerReferences"][0] |= {"kind": "DaemonSet", "name": "exporter"}
    _on_host_network(made)
    return made


def monitoring() -> list[Object]:
    """A namespace with a DaemonSet on the host network."""
    deployment = shapes.workload(EXPORTER)[0]
    template = deployment["spec"]["template"]
    template["spec"]["hostNetwork"] = True
    template["metadata"]["labels"] = {"app": "exporter"}
    for container in template["spec"]["containers"]:
        _bind(container)
    metadata = deployment["metadata"] | {"namespace": MONITORING}
    spec = {"selector": {"matchLabels": {"app": "exporter"}}, "template": template}
    daemons = {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": metadata, "spec": spec}
    return [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": MONITORING}}, daemons]


def node() -> Object:
    """A Node, as its kubelet registers it, with the images that it keeps."""
    size = {"cpu": "16", "memory": "64Gi", "pods": "110", "ephemeral-storage": "200Gi"}
    names = [f"registry.example/team/image-{n}" for n in range(50)]
    images = [{"names": [f"{n}@sha256:{'ab' * 32}", f"{n}:4.17.2"], "sizeBytes": 94371840} for n in names]
    conditions = [
        {"type": kind, "status": "True" if kind == "Ready" else "False", "reason": f"Kubelet{kind}"}
        | {"lastHeartbeatTime": marks.CREATED, "lastTransitionTime": marks.CREATED, "message": "as it should be"}
        for kind in ("MemoryPressure", "DiskPressure", "PIDPressure", "Ready")
    ]
    system = {
        "architecture": "amd64",
        "operatingSystem": "linux",
        "kubeletVersion": "v1.36.1",
        "kubeProxyVersion": "v1.36.1",
        "containerRuntimeVersion": "containerd://2.1.4",
        "osImage": "Debian GNU/Linux 12",
        "kernelVersion": "6.1.0-31-amd64",
        "bootID": marks.OTHER,
        "machineID": "3b" * 16,
        "systemUUID": marks.OTHER,
    }
    labels = {"kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64", "kubernetes.io/hostname": marks.NODE}
    labels |= {"topology.kubernetes.io/zone": "zone-a", "node.kubernetes.io/instance-type": "standard-16"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": marks.NODE, "labels": labels},
        "spec": {"providerID": f"example:///zone-a/{marks.NODE}"},
        "status": {
            "capacity": size,
            "allocatable": size,
            "addresses": [
                {"type": "InternalIP", "address": marks.NODE_IP},
                {"type": "Hostname", "address": marks.NODE},
            ],
            "conditions": conditions,
            "nodeInfo": system,
            "images": images,
        },
    }


def _word(kind: str) -> Word:
    return Word(kind, "Deployment", 1, 16)


def _bind(container: Object) -> None:
    """On the host network a port is one of the host."""
    for port in container["ports"]:
        port["hostPort"] = port["containerPort"]


def _on_host_network(pod: Object) -> None:
    pod["spec"]["hostNetwork"] = True
    for container in pod["spec"]["containers"]:
        _bind(container)
    pod["status"] |= {"podIP": marks.NODE_IP, "podIPs": [{"ip": marks.NODE_IP}]}
