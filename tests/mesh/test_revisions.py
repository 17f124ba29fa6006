"""Which istiod configures a proxy, and whether what it configures sends HBONE."""

from __future__ import annotations

import pytest

from kubectl_ambient.cluster.facts import Annotations, Pod
from kubectl_ambient.mesh.revisions import revision_of
from kubectl_ambient.mesh.risks.turn import Turn
from tests.mesh.builders import cluster, pod
from tests.mesh.test_waypoint_handled import istiod
from tests.snapshots import altered


def proxy(status: str | None, labels: dict[str, str] | None = None) -> Pod:
    return pod(labels, annotations=Annotations(sidecar_status=status))


@pytest.mark.parametrize(
    ("status", "label", "expected"),
    [
        ('{"revision":"canary"}', "other", "canary"),
        ('{"revision":""}', "other", "other"),
        ("[1]", "other", "other"),
        ("{", None, None),
        (None, None, None),
        ('{"revision":1}', None, None),
    ],
)
def test_the_revision_of_a_proxy(status: str | None, label: str | None, expected: str | None) -> None:
    assert revision_of(proxy(status, {"istio.io/rev": label} if label else {})) == expected


@pytest.mark.parametrize(
    ("revision", "off", "sends"),
    [
        ("canary", {"default"}, True),  # another revision's istiod is nothing to it
        ("default", {"default"}, False),
        ("gone", {"default"}, True),  # whose it is, nobody tells: one of them sends
        ("gone", {"default", "canary"}, False),
    ],
)
def test_a_proxy_sends_as_the_istiod_of_its_revision_has_it(revision: str, off: set[str], sends: bool) -> None:
    istiods = [istiod(name, ambient=None if name in off else "true") for name in ("default", "canary")]
    one = proxy(f'{{"revision":"{revision}"}}')
    snapshot = altered(cluster(pods=[one]), istiods=istiods)
    assert Turn(snapshot, snapshot, {}).sends(one) == (sends, sends)
