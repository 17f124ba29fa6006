"""The notes below a table of pods."""

from __future__ import annotations

from datetime import UTC, datetime

from kubectl_ambient.cluster.facts import Namespace, Owner, Pod
from kubectl_ambient.mesh.judge import Judge
from kubectl_ambient.mesh.summary import by_namespace
from kubectl_ambient.render.status import namespace_sentence, namespace_table, notes, share
from kubectl_ambient.render.terminal import Paint
from tests.mesh.builders import AMBIENT, agent, cluster, pod, redirected

CUT_OFF = "  Redirected, but no ztunnel pod runs on n1: until ztunnel accepts it, it can neither send nor receive TCP."


def pending(name: str, owner: str) -> Pod:
    return pod(name=name, owner=Owner(kind="StatefulSet", name=owner), annotations=redirected("pending"))


def told(*pods: Pod, namespaced: bool = False) -> list[str]:
    snapshot = cluster(pods=list(pods), namespace_labels=AMBIENT, ztunnel_pods=[agent("ztunnel", "1.30.3", "n2")])
    judge = Judge(snapshot)
    verdicts = [judge.judge(p) for p in pods]
    return notes(verdicts, namespaced=namespaced, width=120, paint=Paint(False)).splitlines()


def test_what_is_true_of_many_is_told_once() -> None:
    pods = pending("a-0", "a"), pending("b-0", "b"), pending("b-1", "b")
    assert told(*pods) == ["‼ a-0", "‼ b-0 (and 1 more of StatefulSet/b)", CUT_OFF]
    assert told(*pods, namespaced=True)[:2] == ["‼ app/a-0", "‼ app/b-0 (and 1 more of StatefulSet/b)"]


def test_what_is_true_of_very_many_names_a_few() -> None:
    lines = told(*(pending(f"{n}-0", n) for n in "abcdefg"))
    assert lines == ["‼ a-0", "‼ b-0", "‼ c-0", "‼ d-0", "‼ e-0", "‼ and 2 more pods", CUT_OFF]
    assert "‼ and 1 more pod" in told(*(pending(f"{n}-0", n) for n in "abcdef"))


def test_how_many_pods_are_in() -> None:
    said = [share({"Enrolled": n, "pods": of, "Unknown": 0}) for n, of in ((0, 1), (1, 1), (0, 3), (1, 3), (2, 3))]
    assert [text.removesuffix(" in ambient mode.") for text in said] == [
        "0 of 1 pod is",
        "1 of 1 pod is",
        "0 of 3 pods are",
        "1 of 3 pods is",
        "2 of 3 pods are",
    ]
    assert share({"Enrolled": 1, "pods": 3, "Unknown": 2}) == "at least 1 of 3 pods is in ambient mode."


def test_a_namespace_that_ends_is_told_as_that() -> None:
    ending = Namespace(name="app", labels=AMBIENT, deleting=datetime(2026, 1, 1, tzinfo=UTC))
    (row,) = by_namespace([], {"app": ending})
    shown = namespace_table([row], headers=False, width=80, paint=Paint(False))
    assert shown.split()[:2] == ["app", "Terminating"]
    assert "asks for ambient, and is being deleted." in namespace_sentence("app", ending, [])
