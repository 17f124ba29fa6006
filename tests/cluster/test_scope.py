from __future__ import annotations

import pytest

from kubectl_ambient.cluster.facts import Pod
from kubectl_ambient.cluster.scope import Scope, check, select
from kubectl_ambient.kube.errors import UsageError

PODS = [
    Pod(namespace="shop", name="a", labels={"app": "web"}, node="n1", phase="Running"),
    Pod(namespace="shop", name="b", labels={"app": "db"}, node="n2", phase="Pending", host_network=True),
    Pod(namespace="team", name="a", node="n1", phase="Running"),
]


@pytest.mark.parametrize(
    ("scope", "found"),
    [
        (Scope(), [0, 1, 2]),
        (Scope(namespace="shop"), [0, 1]),
        (Scope(names=("a",)), [0, 2]),
        (Scope(namespace="shop", names=("a", "x")), [0]),
        (Scope(label_selector="app=web"), [0]),
        (Scope(label_selector="app!=web"), [1, 2]),
        (Scope(label_selector="app in (web, db)"), [0, 1]),
        (Scope(field_selector="spec.nodeName=n1"), [0, 2]),
        (Scope(field_selector="status.phase!=Running"), [1]),
        (Scope(field_selector="spec.hostNetwork=true"), [1]),
        (Scope(field_selector="spec.hostNetwork=false"), [0, 2]),
        (Scope(field_selector="metadata.namespace=team,metadata.name=a"), [2]),
        (Scope(namespace="team", label_selector="app"), []),
    ],
)
def test_select(scope: Scope, found: list[int]) -> None:
    assert select(PODS, scope) == [PODS[i] for i in found]


@pytest.mark.parametrize(
    "scope", [Scope(label_selector="a in"), Scope(field_selector="x"), Scope(field_selector="spec.restartPolicy=Never")]
)
def test_what_cannot_be_selected_is_told_even_without_pods(scope: Scope) -> None:
    with pytest.raises(UsageError):
        select([], scope)


@pytest.mark.parametrize("live", [True, False])
def test_selectors_are_checked_before_anything_is_read(live: bool) -> None:
    check(Scope(label_selector="a in (b)", field_selector="spec.nodeName=n1"), live=live)
    for wrong in (Scope(label_selector="a in"), Scope(field_selector="x")):
        with pytest.raises(UsageError):
            check(wrong, live=live)


def test_live_the_server_says_which_fields_there_are() -> None:
    scope = Scope(field_selector="spec.serviceAccountName=web")
    check(scope, live=True)
    with pytest.raises(UsageError, match="field label not supported"):
        check(scope, live=False)
