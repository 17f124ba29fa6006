"""How the moves look: for the eye, at 80 columns."""

from __future__ import annotations

import pytest

from kubectl_ambient.change.effects import Effects, effects
from kubectl_ambient.change.plan import plan
from kubectl_ambient.cluster.facts import Namespace, Pod
from kubectl_ambient.render.change import moves, wrapped

from .objects import owner, pod, workload
from .test_effects import of, of_web, replicas, shop


def enabled(*pods: Pod) -> Effects:
    snapshot = shop(*pods)
    return effects(snapshot, [plan(of(snapshot), "enable")])


def of_app(app: str, count: int, namespace: str = "shop", value: str | None = None) -> list[Pod]:
    return [pod(value, f"{app}-{i}", namespace=namespace, owner=owner("StatefulSet", app)) for i in range(count)]


def test_workloads_with_their_counts() -> None:
    found = enabled(*of_app("cart", 2), *of_app("web", 3), pod("none", "web-x", owner=owner("StatefulSet", "web")))
    assert moves(found, ("in", "stays out"), "would", 80) == [
        "Would move in    cart 2/2 · web 3/4",
        "Would stay out   web 1/4 PodOptedOut",
    ]
    assert moves(found, ("in",), "does", 80) == ["Moving in        cart 2/2 · web 3/4"]


def test_a_direction_that_nothing_takes_is_left_out() -> None:
    assert moves(enabled(), ("in", "out", "stays out", "unknown"), "would", 80) == []


def test_by_restart() -> None:
    web, made = replicas()
    snapshot = shop(of_web(), workloads=(web, made))
    found = effects(snapshot, [plan(web, "enable")])
    assert moves(found, ("in",), "does", 80) == ["Moving in        web 1/1 (by restart)"]


def test_pods_below_the_partition_wait_for_it() -> None:
    db = workload("StatefulSet", name="db", update_strategy="RollingUpdate", partition=2, desired=3)
    found = effects(shop(*of_app("db", 3), workloads=(db,)), [plan(db, "enable")])
    assert moves(found, ("in",), "would", 80) == [
        "Would move in    db 2/3 (once the partition is lowered)",
        "Would move in    db 1/3 (by restart)",
    ]


@pytest.mark.parametrize("width", [80, 200])
def test_many_are_cut_and_counted(width: int) -> None:
    found = enabled(*(p for i in range(200) for p in of_app(f"application-{i:03}", 3)))
    lines = moves(found, ("in",), "would", width)
    assert len(lines) == 3
    assert all(len(line) <= min(width, 100) for line in lines)
    shown = sum(line.count("3/3") for line in lines)
    assert lines[-1].endswith(f" and {200 - shown} more ({600 - 3 * shown} pods)")


def test_a_name_that_is_longer_than_the_line_is_shown_all_the_same() -> None:
    found = enabled(*of_app("a" * 63, 1), *of_app("b" * 63, 1))
    text = "\n".join(moves(found, ("in",), "would", 60))
    assert "a" * 63 in text
    assert "b" * 63 in text


def test_several_namespaces_by_workload_while_it_fits_else_by_namespace() -> None:
    def in_three(each: int) -> Effects:
        pods = [p for n in ("a", "b", "c") for i in range(each) for p in of_app(f"app-{i}", 2, n)]
        snapshot = shop(*pods)
        snapshot.namespaces.facts |= {n: Namespace(name=n) for n in ("a", "b", "c")}
        edits = [plan(ns, "enable") for ns in snapshot.namespaces.facts.values() if isinstance(ns, Namespace)]
        return effects(snapshot, edits)

    assert moves(in_three(1), ("in",), "would", 80) == ["Would move in    a/app-0 2/2 · b/app-0 2/2 · c/app-0 2/2"]
    assert moves(in_three(40), ("in",), "would", 80) == ["Would move in    a 80/80 · b 80/80 · c 80/80"]


def test_a_sentence_is_wrapped_and_a_command_is_not_broken_at_a_hyphen() -> None:
    text = wrapped("‼ ", "to end that, which is a long sentence: kubectl label ns shop istio-injection-", 60)
    assert text.splitlines() == [
        "‼ to end that, which is a long sentence: kubectl label ns",
        "  shop istio-injection-",
    ]
