"""Files and a cluster give the same facts for the same objects."""

from __future__ import annotations

import io
import json

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from kubectl_ambient.cluster.needs.pods import of_pods_in
from kubectl_ambient.cluster.reading.files import read_files
from kubectl_ambient.cluster.scope import Scope, select
from kubectl_ambient.cluster.snapshot import Snapshot
from tests.cluster import manifests_of as m
from tests.cluster.fake_client import FakeClient
from tests.cluster.shop import read

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
    live = read(FakeClient(*objects), of_pods_in(Scope()))
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
    for field in ("pods", "cni_daemonsets", "cni_pods", "ztunnel_pods"):
        assert list(getattr(files, field).facts.items()) == list(getattr(live, field).facts.items()), field
    assert files.workloads.facts == live.workloads.facts
    for field in ("cni_daemonsets", "cni_pods", "ztunnel_pods"):
        assert getattr(files, field).unread == getattr(live, field).unread == {}, field
    assert select(files.pods, Scope(namespace="shop")) == select(live.pods, Scope(namespace="shop"))
    assert files.workloads.unread.keys() == live.workloads.unread.keys()
    for name, namespace in live.namespaces.facts.items():
        assert files.namespaces.get(name) == namespace
    for field in ("nodes", "cni_config", "webhooks", "injectors", "istiods", "events"):
        found = getattr(live, field)
        if found:  # files cannot tell "none" from "not in the files"
            assert (getattr(files, field).facts, getattr(files, field).unread) == (found.facts, found.unread), field
