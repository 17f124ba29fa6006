"""What an application's objects look like in a cluster that is at work, marks in the place of names."""

from __future__ import annotations

from typing import Any

from tests.bench.loader import marks
from tests.bench.loader.captured import with_sidecar
from tests.bench.loader.mould import REDIRECTION
from tests.bench.loader.words import Mode, Word
from tests.rig.api import Object

WAVE = "rollout.example/wave"
DATAPLANE = "istio.io/dataplane-mode"
_API = {"Deployment": "apps/v1", "StatefulSet": "apps/v1", "Job": "batch/v1"}


def namespace(labels: dict[str, str]) -> Object:
    """A Namespace."""
    annotations = {"team.example/contact": "team@example.com", "scheduler.alpha.kubernetes.io/node-selector": ""}
    metadata = {"name": marks.NAMESPACE, "labels": labels, "annotations": annotations}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def workload(word: Word) -> list[Object]:
    """The owner of an application's pods, its ReplicaSet where it has one, and its Service where it serves."""
    spec: Object = {"template": _template(word, with_hash=False)}
    if word.owner == "Job":
        spec |= {"backoffLimit": 3, "manualSelector": True, "selector": {"matchLabels": {"app": word.name}}}
        done = {"startTime": marks.CREATED, "completionTime": marks.CREATED, "succeeded": 1}
        done["conditions"] = [
            _condition("SuccessCriteriaMet", "CompletionsReached"),
            _condition("Complete", "CompletionsReached"),
        ]
        return [_object(word.owner, word.name, word, spec) | {"status": done}]
    spec |= {"replicas": word.pods, "selector": {"matchLabels": {"app": word.name}}}
    count = {"replicas": word.pods, "readyReplicas": word.pods, "availableReplicas": word.pods, "observedGeneration": 1}
    service = _service(word)
    if word.owner == "StatefulSet":
        spec["serviceName"] = word.name
        return [_object(word.owner, word.name, word, spec) | {"status": count}, service]
    deployed = count | {
        "updatedReplicas": word.pods,
        "conditions": [
            _condition("Available", "MinimumReplicasAvailable"),
            _condition("Progressing", "NewReplicaSetAvailable"),
        ],
    }
    deployment = _object("Deployment", word.name, word, spec) | {"status": deployed}
    hashed: Object = {
        "replicas": word.pods,
        "selector": {"matchLabels": {"app": word.name, "pod-template-hash": marks.HASH}},
        "template": _template(word, with_hash=True),
    }
    replicas = _object("ReplicaSet", f"{word.name}-{marks.HASH}", word, hashed)
    replicas["metadata"]["ownerReferences"] = [_owner("Deployment", word.name, marks.WORKLOAD)]
    replicas["metadata"]["annotations"] = {"deployment.kubernetes.io/revision": "1"}
    return [deployment, replicas | {"status": count}, service]


def pod(word: Word, mode: Mode, ordinal: int = 0) -> Object:
    """A pod of it that runs, or of a Job one that has ended; about 18 KB as the server writes it."""
    template = _template(word, with_hash=word.owner == "Deployment")
    metadata = template["metadata"] | {"namespace": marks.NAMESPACE}
    metadata["annotations"] |= {"kubectl.kubernetes.io/restartedAt": marks.CREATED}
    match word.owner:
        case "Deployment":
            name = f"{word.name}-{marks.HASH}-{marks.SUFFIX}"
            owner = _owner("ReplicaSet", f"{word.name}-{marks.HASH}", marks.REPLICA_SET)
        case "StatefulSet":
            name = f"{word.name}-{ordinal}"
            owner = _owner("StatefulSet", word.name, marks.WORKLOAD)
            metadata["labels"] |= {"statefulset.kubernetes.io/pod-name": name}
        case "Job":
            name = f"{word.name}-{marks.SUFFIX}"
            owner = _owner("Job", word.name, marks.WORKLOAD)
    metadata |= {"name": name, "generateName": f"{name.rpartition('-')[0]}-", "ownerReferences": [owner]}
    made = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": _scheduled(template["spec"])}
    made["status"] = status(made["spec"], finished=word.owner == "Job")
    if mode == "enrolled" and word.owner != "Job":
        metadata["annotations"][REDIRECTION] = "enabled"
    return with_sidecar(made) if mode == "sidecar" and word.owner != "Job" else made


def status(spec: Object, *, finished: bool = False) -> Object:
    """What a kubelet tells of a pod that runs well, or has ended well."""
    reason = "PodCompleted" if finished else None
    kinds = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
    true = {"PodScheduled", "Initialized"} if finished else set(kinds)
    running = {"running": {"startedAt": marks.CREATED}}
    over = {"exitCode": 0, "reason": "Completed", "startedAt": marks.CREATED, "finishedAt": marks.CREATED}
    return {
        "phase": "Succeeded" if finished else "Running",
        "conditions": [_condition(kind, None if kind in true else reason, kind in true) for kind in kinds],
        "hostIP": marks.NODE_IP,
        "hostIPs": [{"ip": marks.NODE_IP}],
        "podIP": marks.POD_IP,
        "podIPs": [{"ip": marks.POD_IP}],
        "startTime": marks.CREATED,
        "qosClass": "Burstable",
        "containerStatuses": [
            {
                "name": container["name"],
                "image": container["image"],
                "imageID": container["image"].partition(":")[0] + "@sha256:" + "5e" * 32,
                "containerID": f"containerd://{marks.CONTAINERS[place]}",
                "ready": not finished,
                "started": not finished,
                "restartCount": 0,
                "state": {"terminated": over} if finished else running,
                "allocatedResources": container["resources"]["requests"],
                "resources": container["resources"],
                "volumeMounts": [{**mount, "recursiveReadOnly": "Disabled"} for mount in container["volumeMounts"]],
            }
            for place, container in enumerate(spec["containers"])
        ],
    }


def _template(word: Word, *, with_hash: bool) -> Object:
    labels = {
        "app": word.name,
        "app.kubernetes.io/name": word.name,
        "app.kubernetes.io/instance": f"{word.name}-production",
        "app.kubernetes.io/version": "4.17.2",
        "app.kubernetes.io/managed-by": "Helm",
        "helm.sh/chart": f"{word.name}-4.17.2",
        WAVE: marks.WAVE,
    }
    annotations = {
        "checksum/config": "3b" * 32,
        "prometheus.io/scrape": "true",
        "prometheus.io/port": "9102",
        "cluster-autoscaler.kubernetes.io/safe-to-evict": "true",
    }
    spec = {
        "serviceAccountName": "default",
        "terminationGracePeriodSeconds": 45,
        "restartPolicy": "Never" if word.owner == "Job" else "Always",
        "securityContext": {"runAsNonRoot": True, "fsGroup": 10001, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [_container(word.name, word), _container("metrics", word, settings=2)],
        "volumes": [{"name": f"settings-{n}", "configMap": {"name": f"{word.name}-settings-{n}"}} for n in range(3)],
        "affinity": {
            "podAntiAffinity": {
                "preferredDuringSchedulingIgnoredDuringExecution": [
                    {
                        "weight": 100,
                        "podAffinityTerm": {
                            "labelSelector": {"matchLabels": {"app": word.name}},
                            "topologyKey": "topology.kubernetes.io/zone",
                        },
                    }
                ]
            }
        },
    }
    hashed = {"pod-template-hash": marks.HASH} if with_hash else {}
    return {"metadata": {"labels": labels | hashed, "annotations": annotations}, "spec": spec}


def _container(name: str, word: Word, settings: int | None = None) -> dict[str, Any]:
    """A container with all that usually stands in one."""
    count = word.settings if settings is None else settings
    address = f"{word.name}.example/v1"
    env: list[Object] = [{"name": f"SETTING_{n:02d}", "value": f"https://service-{n}.{address}"} for n in range(count)]
    secret = {"name": f"{word.name}-secret", "key": "password"}
    env.append({"name": "PASSWORD", "valueFrom": {"secretKeyRef": secret}})
    env.append({"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}})
    probe = {"httpGet": {"path": "/healthz", "port": "http"}, "periodSeconds": 10, "failureThreshold": 3}
    return {
        "name": name,
        "image": f"registry.example/team/{name}:4.17.2",
        "args": ["serve", "--config=/etc/app/config.yaml", "--log-format=json"],
        "env": env,
        "ports": [{"name": "http", "containerPort": 8080 if settings is None else 9102}],
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}},
        "readinessProbe": probe,
        "livenessProbe": probe,
        "startupProbe": probe | {"failureThreshold": 30},
        "lifecycle": {"preStop": {"exec": {"command": ["sleep", "10"]}}},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        "volumeMounts": [{"name": f"settings-{n}", "mountPath": f"/etc/app/{n}", "readOnly": True} for n in range(3)],
    }


def _scheduled(spec: Object) -> Object:
    """The spec on a node, with what admission adds where there are ServiceAccounts."""
    sources: list[Object] = [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": {"fieldPath": "metadata.namespace"}}]}},
    ]
    token = {"name": "kube-api-access-x7k2p", "projected": {"sources": sources}}
    mount = {"name": token["name"], "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount", "readOnly": True}
    containers = [c | {"volumeMounts": [*c["volumeMounts"], mount]} for c in spec["containers"]]
    return spec | {"nodeName": marks.NODE, "containers": containers, "volumes": [*spec["volumes"], token]}


def _object(kind: str, name: str, word: Word, spec: Object) -> Object:
    labels = _template(word, with_hash=False)["metadata"]["labels"]
    del labels[WAVE]
    metadata = {"name": name, "namespace": marks.NAMESPACE, "labels": labels}
    return {"apiVersion": _API.get(kind, "apps/v1"), "kind": kind, "metadata": metadata, "spec": spec}


def _service(word: Word) -> Object:
    ports = [{"name": "http", "port": 80, "targetPort": "http"}, {"name": "metrics", "port": 9102}]
    spec = {"clusterIP": marks.SERVICE_IP, "selector": {"app": word.name}, "ports": ports}
    metadata = {"name": word.name, "namespace": marks.NAMESPACE, "labels": {"app": word.name}}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}


def _owner(kind: str, name: str, uid: str) -> Object:
    return {
        "apiVersion": _API.get(kind, "apps/v1"),
        "kind": kind,
        "name": name,
        "uid": uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }


def _condition(kind: str, reason: str | None = None, true: bool = True) -> Object:
    condition = {"type": kind, "status": "True" if true else "False", "lastTransitionTime": marks.CREATED}
    return condition | ({"reason": reason} if reason else {})
