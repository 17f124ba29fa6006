"""Kubernetes objects as an API server gives them, for tests: plain dicts, and strategies that make them."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

Manifest = dict[str, Any]

NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,8}[a-z0-9]", fullmatch=True)
TIMES = st.sampled_from(["2026-01-01T00:00:00Z", "2026-11-22T08:28:23Z", None])
LABELS = st.dictionaries(
    st.sampled_from(["app", "k8s-app", "istio.io/dataplane-mode", "team", "pod-template-hash", "job-name"]),
    st.sampled_from(["ambient", "none", "ztunnel", "istio-cni-node", "web", "5d9f", "", "on", "1e3", "0x1", "null"]),
    max_size=4,
)
ANNOTATIONS = st.dictionaries(
    st.sampled_from(
        [
            "ambient.istio.io/redirection",
            "sidecar.istio.io/status",
            "sidecar.istio.io/inject",
            "kubernetes.io/config.mirror",
            "unrelated",
        ]
    ),
    st.sampled_from(["enabled", "pending", "true", "", '{"revision":"default"}', "line\nbreak: - x"]),
    max_size=3,
)
API_VERSIONS = {
    **dict.fromkeys(("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"), "apps/v1"),
    **dict.fromkeys(("Job", "CronJob"), "batch/v1"),
    **dict.fromkeys(("ReplicationController", "Node"), "v1"),
}


def pod(name: str = "web-1", namespace: str = "shop", **fields: Any) -> Manifest:
    """A running pod on n1; `labels`, `annotations`, `owner` ("ReplicaSet/x"), `spec` and `status` may be given."""
    metadata: Manifest = {"name": name, "namespace": namespace, "creationTimestamp": "2026-01-01T00:00:00Z"}
    for key in ("labels", "annotations"):
        if key in fields:
            metadata[key] = fields[key]
    if "owner" in fields:
        metadata["ownerReferences"] = [owner_reference(fields["owner"])]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": {"nodeName": "n1", "containers": [{"name": "app", "image": "app:1"}], **fields.get("spec", {})},
        "status": {"phase": "Running", "podIP": "10.0.0.1", **fields.get("status", {})},
    }


def owner_reference(owner: str) -> Manifest:
    """`StatefulSet/db`, or of a group that is not the kind's own `StatefulSet.apps.kruise.io/db`."""
    kind, _, name = owner.partition("/")
    kind, _, group = kind.partition(".")
    version = f"{group}/v1beta1" if group else API_VERSIONS.get(kind, "example.com/v1")
    return {"apiVersion": version, "kind": kind, "name": name, "controller": True}


def namespace(name: str = "shop", labels: dict[str, str] | None = None) -> Manifest:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels or {}}}


def node(name: str = "n1", labels: dict[str, str] | None = None) -> Manifest:
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels or {}}}


def configmap(name: str, namespace: str = "istio-system", **fields: Any) -> Manifest:
    metadata = {"name": name, "namespace": namespace, **fields.get("metadata", {})}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": fields.get("data", {})}


def workload(kind: str, name: str = "web", namespace: str = "shop", **fields: Any) -> Manifest:
    """A workload whose pods have the label app=<name>; `labels`, `owner`, `template` and `spec` may be given."""
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "app", "image": "app:1"}]}}
    template = {**template, **fields.get("template", {})}
    spec: Manifest = {"selector": {"matchLabels": labels}, "template": template}
    if kind == "ReplicationController":
        spec["selector"] = labels
    if kind == "CronJob":
        spec = {"jobTemplate": {"spec": {"template": template}}}
    metadata: Manifest = {"name": name, "namespace": namespace, "labels": fields.get("labels", {})}
    if "owner" in fields:
        metadata["ownerReferences"] = [owner_reference(fields["owner"])]
    return {
        "apiVersion": API_VERSIONS[kind],
        "kind": kind,
        "metadata": metadata,
        "spec": {**spec, **fields.get("spec", {})},
        "status": fields.get("status", {}),
    }


def event(pod_name: str, namespace: str = "shop", reason: str = "FailedCreatePodSandBox") -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{pod_name}.{reason.lower()}", "namespace": namespace},
        "involvedObject": {"kind": "Pod", "namespace": namespace, "name": pod_name},
        "reason": reason,
        "message": "no agent",
        "lastTimestamp": "2026-01-01T00:00:00Z",
    }


def webhooks(name: str = "istio-sidecar-injector", revision: str = "default", **fields: Any) -> Manifest:
    rule = {"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": {
            "name": name,
            "labels": {"app": "sidecar-injector", "istio.io/rev": revision, **fields.get("labels", {})},
        },
        "webhooks": [
            {"name": "namespace.sidecar-injector.istio.io", "rules": [rule], **fields.get("webhook", {})},
        ],
    }


def listed(*items: Manifest) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": list(items)})


@st.composite
def pods(draw: st.DrawFn) -> Manifest:
    """Any pod that an API server could send, and some that only a manifest has (nulls, missing parts)."""
    state = st.sampled_from(
        [
            {},
            {"waiting": {"reason": "ContainerCreating"}},
            {"waiting": {"reason": "PodInitializing"}},
            {"waiting": {"reason": "ErrImagePull"}},
            {"running": {"startedAt": "2026-01-01T00:00:00Z"}},
            {"terminated": {"exitCode": 1}},
            None,
        ]
    )
    statuses = st.none() | st.lists(st.fixed_dictionaries({"name": st.just("app"), "state": state}), max_size=2)
    containers = st.lists(
        st.fixed_dictionaries(
            {
                "name": st.sampled_from(["app", "istio-proxy"]),
                "image": st.sampled_from(["x:1", "install-cni:1.30.3"]),
                "env": st.none()
                | st.lists(
                    st.sampled_from(
                        [
                            {"name": "A", "value": "1"},
                            {"name": "B"},
                            {"name": "C", "valueFrom": {"configMapKeyRef": {"name": "m", "key": "k"}}},
                            {"name": "D", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
                        ]
                    ),
                    max_size=3,
                ),
            }
        ),
        min_size=1,
        max_size=2,
    )
    metadata = {
        "name": draw(NAMES),
        "namespace": draw(st.sampled_from(["shop", "istio-system", "kube-system"])),
        "labels": draw(st.none() | LABELS),
        "annotations": draw(st.none() | ANNOTATIONS),
        "creationTimestamp": draw(TIMES),
        "deletionTimestamp": draw(TIMES),
        "ownerReferences": draw(
            st.none()
            | st.lists(
                st.fixed_dictionaries(
                    {
                        "kind": st.sampled_from(["ReplicaSet", "Job", "Node"]),
                        "name": st.sampled_from(["web-5d9f", "x"]),
                        "controller": st.sampled_from([True, False, None]),
                    }
                ),
                max_size=2,
            )
        ),
    }
    spec = {
        "nodeName": draw(st.sampled_from(["n1", "", None])),
        "hostNetwork": draw(st.sampled_from([True, False, None])),
        "os": draw(st.sampled_from([None, {"name": "windows"}, {"name": "linux"}])),
        "nodeSelector": draw(st.sampled_from([None, {}, {"kubernetes.io/os": "windows"}])),
        "containers": draw(containers),
        "initContainers": draw(
            st.none() | st.just([{"name": "istio-proxy", "restartPolicy": "Always"}, {"name": "setup"}])
        ),
    }
    status = {
        "phase": draw(st.sampled_from(["Pending", "Running", "Succeeded", "Failed", None])),
        "podIP": draw(st.sampled_from(["10.0.0.1", "", None])),
        "podIPs": draw(st.sampled_from([None, [], [{"ip": "10.0.0.1"}]])),
        "startTime": draw(TIMES),
        "conditions": draw(
            st.none()
            | st.just([{"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}])
            | st.just([{"type": "PodScheduled", "status": "True"}, {"type": "Ready", "status": "False"}])
        ),
        "containerStatuses": draw(statuses),
        "initContainerStatuses": draw(statuses),
    }
    whole = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": status}
    return {key: part for key, part in whole.items() if key not in draw(st.sets(st.sampled_from(["spec", "status"])))}
