from __future__ import annotations

import pytest

from kubectl_ambient.cluster.facts import Owner, Pod, Unread, Workload
from kubectl_ambient.cluster.owners import owner_of, unread_owners


def pod(owner: str = "", pod_hash: str = "") -> Pod:
    kind, _, name = owner.partition("/")
    labels = {"pod-template-hash": pod_hash} if pod_hash else {}
    return Pod(namespace="shop", name="p", labels=labels, owner=Owner(kind=kind, name=name) if owner else None)


@pytest.mark.parametrize(
    ("found", "owner"),
    [
        (pod(), None),
        (pod("ReplicaSet/web-5d9f", "5d9f"), "Deployment/web"),
        (pod("ReplicaSet/web-a-5d9f", "5d9f"), "Deployment/web-a"),
        (pod("ReplicaSet/w-5d9f", "5d9f"), "Deployment/w"),
        (pod("ReplicaSet/web-5d9f"), "ReplicaSet/web-5d9f"),
        (pod("ReplicaSet/web-5d9f", "9f"), "ReplicaSet/web-5d9f"),
        (pod("ReplicaSet/web5d9f", "5d9f"), "ReplicaSet/web5d9f"),
        (pod("ReplicaSet/-5d9f", "5d9f"), "ReplicaSet/-5d9f"),
        (pod("StatefulSet/db", "5d9f"), "StatefulSet/db"),
        (pod("Job/nightly-28812"), "Job/nightly-28812"),
        (pod("Node/n1"), "Node/n1"),
    ],
)
def test_by_name(found: Pod, owner: str | None) -> None:
    assert (str(owner_of(found, {})) if owner else owner_of(found, {})) == owner


def test_a_replicaset_that_was_read_knows_better() -> None:
    rollout = Owner(kind="Rollout", name="web")
    sets = {
        f"ReplicaSet/{namespace}/web-5d9f": Workload(
            kind="ReplicaSet", namespace=namespace, name="web-5d9f", owner=owner
        )
        for namespace, owner in (("shop", rollout), ("other", None))
    }
    found = pod("ReplicaSet/web-5d9f", "5d9f")
    assert owner_of(found, sets) == rollout
    bare = {"ReplicaSet/shop/web-5d9f": sets["ReplicaSet/other/web-5d9f"]}
    assert owner_of(found, bare) == Owner(kind="ReplicaSet", name="web-5d9f"), "it has no owner itself"


def test_owners_that_were_not_read() -> None:
    pods = [pod("ReplicaSet/web-5d9f", "5d9f"), pod("StatefulSet/db"), pod("StatefulSet/db"), pod()]
    read = {"StatefulSet/shop/db": Workload(kind="StatefulSet", namespace="shop", name="db")}
    assert unread_owners(pods, read, lambda ref: f"{ref} is away") == {
        "Deployment/shop/web": Unread(what="get deployment web", why="Deployment/shop/web is away")
    }
