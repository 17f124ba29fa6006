"""Of a workload that is held back, the next pod gets the new template later, and that is said wherever it is told."""

from __future__ import annotations

import pytest
from msgspec import structs

from kubectl_ambient.cluster.facts import Owner, Template, Workload
from kubectl_ambient.mesh.judge import Judge
from kubectl_ambient.mesh.subjects import workload_subject
from kubectl_ambient.render.explain import explanation
from kubectl_ambient.render.subject import subject_text
from kubectl_ambient.render.terminal import Paint
from tests.mesh.builders import AMBIENT, cluster, pod, redirected

WEB = Workload(kind="Deployment", namespace="app", name="web", template=Template())
DB = structs.replace(WEB, kind="StatefulSet")


def told(workload: Workload) -> tuple[str, str]:
    """What `explain` prints of its pod, and of itself; each on one line."""
    owned = pod(owner=Owner(kind=workload.kind, name="web"), annotations=redirected("enabled"))
    judge = Judge(cluster(pods=[owned], namespace_labels=AMBIENT, workloads={workload.ref: workload}))
    judgement = judge.explain(owned)
    subject = workload_subject(judge, workload, [judgement])
    paint = Paint(False)
    texts = (explanation(judgement, (), width=80, paint=paint), subject_text(subject, (), width=80, paint=paint))
    return " ".join(texts[0].split()), " ".join(texts[1].split())


@pytest.mark.parametrize(
    ("workload", "held", "lead"),
    [
        (WEB, "", "The next pod would"),
        (structs.replace(WEB, paused=True), ", once the rollout is resumed,", "Once its rollout is resumed, the next"),
        (structs.replace(DB, partition=1), "", "The next pod would"),
        (structs.replace(DB, partition=2), ", once the partition is lowered,", "The next pod would"),
    ],
)
def test_it_is_said(workload: Workload, held: str, lead: str) -> None:
    of_pod, of_itself = told(workload)
    assert f"the next pod of {workload.kind}/web{held} is in ambient mode again" in of_pod
    assert f" {lead}" in of_itself
