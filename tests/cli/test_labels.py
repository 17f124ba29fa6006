"""`labels`: the reference, objects in files, and wrong usage."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kubectl_ambient.mesh.labels.reference import REFERENCE
from tests.golden.screens import run

FILE = "-f labels.yaml"


def test_the_reference_needs_no_cluster_and_holds_every_key() -> None:
    screen = run("labels", columns=80)
    assert (screen.code, screen.err) == (0, "")
    assert all(f"\n{entry.key} (" in screen.out for entry in REFERENCE)
    assert max(map(len, screen.out.splitlines())) <= 80
    assert len(json.loads(run("labels -o json").out)["items"]) == len(REFERENCE)


@pytest.mark.parametrize("word", ["istio.io/use-waypoint", "use-waypoint"])
def test_one_key(word: str) -> None:
    (item,) = json.loads(run(f"labels {word} -o json").out)["items"]
    assert item["key"] == "istio.io/use-waypoint"
    assert run(f"labels {word}").out.startswith("istio.io/use-waypoint (label)\n")
    assert run(f"labels {word} -o name").out == "istio.io/use-waypoint\n"


def test_a_key_that_is_label_and_annotation_is_shown_as_both() -> None:
    items = json.loads(run("labels sidecar.istio.io/inject -o json").out)["items"]
    assert [item["type"] for item in items] == ["label", "annotation"]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("labels use-waypoints", "did you mean istio.io/use-waypoint?"),
        ("labels istio.io/dataplanemode", "did you mean istio.io/dataplane-mode?"),
        ("labels nothing-like-it", "is no label or annotation of the reference"),
        ("labels istio.io/rev -A", "the reference is the same everywhere: type only the key, or objects instead of it"),
        ("labels use-waypoint -n shop", "the reference is the same everywhere"),
        ("labels use-waypoint --fail-on any", "the reference is the same everywhere"),
        ("labels use-waypoint -n shop --fail-on any", "the reference is the same everywhere"),
        ("labels --only-mistakes", "--only-mistakes is for objects: type -A, -n NAMESPACE, -f FILE, or name objects"),
        ("labels use-waypoint --only-mistakes", "the reference is the same everywhere"),
        ("labels --fail-on any", "--fail-on is for objects: type -A, -n NAMESPACE, -f FILE, or name objects"),
        ("labels svc,nope -A", 'the server doesn\'t have a resource type "nope"'),
        ("labels svc,pods/web -n x", "arguments in resource/name form must have a single resource and name"),
        ("labels nodes/n1", "no label of the reference has an effect on nodes"),
        ("labels pod/a -A", "a resource cannot be retrieved by name across all namespaces"),
        ("labels pod/a -l x=y", "name cannot be provided when a selector is specified"),
        ("labels rs -n x", "labels does not list replicasets.apps: name them"),
        ("labels pods a,b/c", "there is no need to specify a resource type as a separate argument"),
        ("labels -A -o xml", "unable to match a printer"),
        ("labels -A --fail-on drift", 'invalid --fail-on "drift": one of error, any'),
        ("labels -A -l =", "found '=', expected: !, identifier"),
    ],
)
def test_wrong_usage(line: str, sentence: str) -> None:
    screen = run(line)
    assert screen.code == 2, screen.err
    assert sentence in screen.err
    assert screen.out == ""


def kinds(line: str) -> list[str]:
    return [f"{item['kind']}/{item['name']}" for item in json.loads(run(f"{line} -o json").out)["items"]]


def test_what_is_shown() -> None:
    assert "Namespace/plain" not in kinds(f"labels -A {FILE}")
    assert kinds(f"labels ns/plain {FILE}") == ["Namespace/plain"]
    assert kinds(f"labels svc -n shop {FILE}") == ["Service/api", "Service/cart", "Service/old", "Service/web"]
    assert kinds(f"labels gateway,svc -A {FILE}") == [*kinds(f"labels svc -n shop {FILE}"), "Gateway/wp"]
    assert kinds(f"labels svc,deploy web -n shop {FILE}") == ["Service/web", "Deployment/web"]
    assert kinds(f"labels -n typo {FILE}") == ["Namespace/typo", "Pod/job-1", "Pod/job-2"]
    assert kinds(f"labels -l app=web {FILE}") == ["Deployment/web"]
    assert kinds(f"labels deploy/web svc/cart -n shop {FILE}") == ["Service/cart", "Deployment/web"]


def test_istios_own_objects_are_not_shown_unless_they_are_named() -> None:
    assert "Service/istiod" not in kinds(f"labels -A {FILE}")
    assert kinds(f"labels svc/istiod -n istio-system {FILE}") == ["Service/istiod"]


def test_labels_in_a_spec_and_which_wins(tmp_path: Path) -> None:
    spec = {"labels": {"istio.io/use-waypoint": "a", "istio.io/dataplane-mod": "none"}}
    metadata = {"name": "vm", "namespace": "shop", "labels": {"istio.io/use-waypoint": "b"}}
    entry = {"apiVersion": "networking.istio.io/v1", "kind": "WorkloadEntry", "metadata": metadata, "spec": spec}
    (tmp_path / "vm.json").write_text(json.dumps(entry))
    lines = run(f"labels we/vm -n shop -f {tmp_path / 'vm.json'}").out.splitlines()
    assert "  istio.io/use-waypoint=b" in lines
    assert "  istio.io/use-waypoint=a   (spec.labels, but metadata.labels wins)" in lines
    assert "  istio.io/dataplane-mod=none   (spec.labels)" in lines


def test_an_object_that_is_not_there() -> None:
    screen = run(f"labels svc/cart svc/nope -n shop {FILE}")
    assert screen.code == 1
    assert 'services "nope" not found' in screen.err
    assert screen.out.startswith("Service/shop/cart\n")


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("labels -A --fail-on any", 3),
        ("labels -n typo --fail-on any", 3),
        ("labels -n plain --fail-on any", 0),
        ("labels -A", 0),
        ("labels svc/cart -n shop --fail-on any", 0),
        ("labels svc/web -n shop --fail-on any", 3),
        ("labels svc/web -n shop --fail-on error", 3),  # labels that do nothing
        ("labels svc/cart -n shop --fail-on error", 0),
        ("labels svc/api -n shop --fail-on error", 3),
    ],
)
def test_exit_codes(line: str, code: int) -> None:
    assert run(f"{line} {FILE}").code == code


def test_no_file_is_no_answer(tmp_path: Path) -> None:
    screen = run(f"labels -f {tmp_path / 'none.yaml'}")
    assert (screen.code, screen.out) == (1, "")
    assert "does not exist" in screen.err


def test_only_mistakes() -> None:
    everything = run(f"labels -n shop {FILE}")
    screen = run(f"labels -n shop --only-mistakes {FILE}")
    rows, _, rest = screen.out.partition("\n\n")
    assert len(rows.splitlines()[1:]) == 8
    assert all(row.endswith("‼") for row in rows.splitlines()[1:])
    assert rest == everything.out.partition("\n\n")[2], "what is wrong, and of how many"
    assert kinds(f"labels -n shop --only-mistakes {FILE}") == [
        "Service/api",
        "Service/old",
        "Service/web",
        "Deployment/web",
    ]
    assert run(f"labels svc/cart svc/old -n shop --only-mistakes {FILE}").out.startswith("Service/shop/old\n")
    assert run(f"labels svc/cart -n shop --only-mistakes {FILE}").out == ""
    assert run(f"labels -n shop -o name --only-mistakes {FILE}").out.split()[0] == "service/api"


GOOD = """\
apiVersion: v1
kind: Namespace
metadata: {{name: shop, labels: {{{}}}}}
"""


@pytest.mark.parametrize(
    ("label", "sentence"),
    [
        (
            "istio.io/dataplane-mode: ambient",
            "Not looked at: whether the pods are in ambient mode (kubectl ambient status -n shop -f FILE).",
        ),
        (
            "istio.io/use-waypoint: gone",
            "Not looked at: whether the waypoints serve (kubectl ambient waypoint status -n shop -f FILE).",
        ),
        (
            "istio.io/use-waypoint: gone, istio.io/dataplane-mode: ambient",
            "Not looked at: whether the pods are in ambient mode (kubectl ambient status -n shop -f FILE), and "
            "whether the waypoints serve (kubectl ambient waypoint status -n shop -f FILE).",
        ),
    ],
)
def test_it_ends_with_what_was_not_looked_at(tmp_path: Path, label: str, sentence: str) -> None:
    path = tmp_path / "ns.yaml"
    path.write_text(GOOD.format(label))
    out = " ".join(run(f"labels -n shop -f {path}").out.split())
    assert out.endswith(sentence.replace("FILE", str(path)))
    path.write_text(GOOD.format("istio.io/dataplane-mode: Ambient"))
    assert "Not looked at" not in run(f"labels -n shop -f {path}").out


def test_both_files_of_an_object_are_linted(tmp_path: Path) -> None:
    for folder, mode in (("base", "Ambient"), ("prod", "ambient")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "ns.yaml").write_text(GOOD.format(f"istio.io/dataplane-mode: {mode}"))
    screen = run(f"labels -A -R -f {tmp_path}")
    assert f"\nshop        ns       istio.io/dataplane-mode=Ambient   {tmp_path}/base/ns.yaml   ‼\n" in screen.out
    assert f"\nshop        ns       istio.io/dataplane-mode=ambient   {tmp_path}/prod/ns.yaml\n" in screen.out
    folded = " ".join(screen.out.split())
    assert f"‼ {tmp_path}/base/ns.yaml: Namespace/shop: istio.io/dataplane-mode=Ambient" in folded
    items = json.loads(run(f"labels -A -R -f {tmp_path} -o json").out)["items"]
    assert [(item["file"], len(item["findings"])) for item in items] == [
        (f"{tmp_path}/base/ns.yaml", 1),
        (f"{tmp_path}/prod/ns.yaml", 0),
    ]
    assert json.loads(run(f"labels -A -f {tmp_path}/base -o json").out)["items"][0]["file"] is None


def test_what_stands_first_in_the_file_is_not_what_stands_first_on_the_screen(tmp_path: Path) -> None:
    labels = ["istio-injection: enabled", "istio.io/dataplane-mode: ambient", "istio.io/dataplane-mod: ambient"]
    screens = set()
    for order in (labels, labels[::-1]):
        path = tmp_path / "ns.yaml"
        path.write_text(GOOD.format(", ".join(order)))
        screens.add(run(f"labels -A -f {path}").out)
    (screen,) = screens
    rows = [line.split()[2].partition("=")[0] for line in screen.partition("\n\n")[0].splitlines()[1:]]
    assert rows == ["istio-injection", "istio.io/dataplane-mod", "istio.io/dataplane-mode"]
    assert screen.index("[BothModes]") < screen.index("[KeyMisspelt]")
