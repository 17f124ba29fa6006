"""What `explain` says was observed: an annotation that counts for nothing is not denied."""

from __future__ import annotations

import pytest

from kubectl_ambient.mesh.judge import Judge
from kubectl_ambient.render.explain import explanation
from kubectl_ambient.render.terminal import Paint
from tests.mesh.builders import AMBIENT, cluster, pod, redirected


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, "(no annotation ambient.istio.io/redirection)"),
        ("disabled", "(“disabled” is no word of the annotation ambient.istio.io/redirection)"),
    ],
)
def test_what_was_observed(value: str | None, told: str) -> None:
    snapshot = cluster(pods=[pod(annotations=redirected(value))], namespace_labels=AMBIENT)
    text = explanation(Judge(snapshot).explain(next(iter(snapshot.pods))), (), width=200, paint=Paint(False))
    assert f"Intended in, observed out {told}: they disagree." in text
