"""Files and a cluster give the same facts for the same objects."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import cast

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from kubectl_ambient.cluster import needs
from kubectl_ambient.cluster.reading.cluster import read_snapshot
from kubectl_ambient.cluster.reading.files import read_files
from kubectl_ambient.cluster.scope import Scope, select
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.kube.api import Client
from tests.cluster import manifests_of as m
from tests.cluster.fake_client import FakeClient

KINDS = ["Deployment", "StatefulSet", "DaemonSet", "Job"]
WORKLOADS = st.builds(
    m.workload,
    st.sampled_from(KINDS),
    m.NAMES,
    st.sampled_from(["shop", "istio-system"]),
    labels=m.LABELS,
    spec=st.fixed_dictionaries({}, optional={"replicas": st.integers(0, 5), "paused": st.booleans()}),
)
OTHERS = st.lists(
    st.sampled_from(
        [
            m.namespace("shop", {"istio-injection": "enabled"}),
            m.namespace("kube-system"),
            m.node("n1", {"kubernetes.io/os": "linux"}),
            m.configmap("istio-cni-config", data={"AMBIENT_ENABLED": "true", "N": "1"}),
            m.configmap("istio-sidecar-injector", data={"config": "policy: enabled\ntemplates:\n  a: |\n    x\n"}),
            m.workload("DaemonSet", "istio-cni-node", "kube-system", labels={"k8s-app": "istio-cni-node"}),
            m.workload("Deployment", "istiod", "istio-system", labels={"app": "istiod", "istio.io/rev": "default"}),
            m.webhooks(),
            m.event("web-1"),
        ]
    ),
    unique_by=lambda found: (found["kind"], found["metadata"]["name"]),
)


class Quoting(yaml.SafeDumper):
    """Strings in quotes, as kubectl writes those that would read as something else."""

    def ignore_aliases(self, data: object) -> bool:
        return True


Quoting.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, '"'))


def key(item: m.Manifest) -> tuple[str, str, str]:
    return item["kind"], item["metadata"].get("namespace", ""), item["metadata"]["name"]


@settings(deadline=None)
@given(st.lists(m.pods(), max_size=4, unique_by=key), st.lists(WORKLOADS, max_size=3, unique_by=key), OTHERS)
def test_the_same_facts(pods: list[m.Manifest], workloads: list[m.Manifest], others: list[m.Manifest]) -> None:
    objects = sorted([*pods, *workloads, *others], key=key)
    live = read_snapshot(cast(Client, FakeClient(*objects)), needs.of_scope(Scope()), now=datetime.now(UTC))
    texts = [
        json.dumps({"kind": "List", "apiVersion": "v1", "items": objects}),
        yaml.dump({"kind": "List", "apiVersion": "v1", "items": objects}, Dumper=Quoting),
        yaml.dump_all(objects, Dumper=Quoting) or "kind: List\napiVersion: v1",
    ]
    for text in texts:
        snapshot, problems = read_files(["-"], stdin=io.BytesIO(text.encode()))
        assert problems == []
        _agree(snapshot, live)


def _agree(files: Snapshot, live: Snapshot) -> None:
    assert files.pods == live.pods
    assert select(files.pods, Scope(namespace="shop")) == select(live.pods, Scope(namespace="shop"))
    assert files.workloads == live.workloads
    assert files.unread_workloads.keys() == live.unread_workloads.keys()
    assert files.cni_daemonsets == live.cni_daemonsets
    assert files.cni_pods == live.cni_pods
    assert files.ztunnel_pods == live.ztunnel_pods
    for name, namespace in live.namespaces.items():
        assert files.namespaces[name] == namespace
    for field in ("nodes", "cni_config", "webhooks", "injectors", "istiods", "events"):
        found = getattr(live, field)
        if found:  # files cannot tell "none" from "not in the files"
            assert getattr(files, field) == found
