"""`check` as it is typed: what was planted and nothing else, formats for machines, and mistyped."""

from __future__ import annotations

import json
import lzma
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml
from jsonschema import Draft4Validator

from kubectl_ambient.mesh.check.table import all_checks
from tests.cluster import manifests_of as m

from .enable_fixtures import Result, Run

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
SARIF = json.loads(lzma.decompress((ROOT / "tests/docs/sarif-schema-2.1.0.json.xz").read_bytes()))

USUAL = [check for check in all_checks() if not check.proof]  # without asking ztunnels


def written(path: Path, *found: dict[str, Any]) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump_all(found, sort_keys=False))
    return str(path)


def checks(result: Result) -> dict[str, dict[str, Any]]:
    document = json.loads(result.out)
    assert document["kind"] == "CheckReport"
    return {check["id"]: check for section in document["sections"] for check in section["checks"]}


def service(name: str = "cart", **labels: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "shop", "labels": labels}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": [{"port": 80}]}}


# The bundled example

PLANTED = {
    "both-modes": ["Namespace/legacy"],
    "mode-label": ["Namespace/typo"],
    "node-ztunnel": ["Node/n3"],
    "pods-accepted": ["Pod/shop/checkout-7b7cf78b68-jpjfz"],
    "pods-out": ["Pod/batch/importer"],
    "pods-start": ["Pod/shop/reindex"],
    "waypoint-alive": ["Gateway/catalog/prices-wp"],
    "waypoint-used": [
        "Service/catalog/reviews",
        "Service/catalog/suppliers",
        "Pod/catalog/crawler-7964bf79c4-64tlp",
    ],
}


def test_what_was_planted_in_the_example_is_found_and_nothing_else(ambient: Run) -> None:
    result = ambient("check", "-A", "-f", str(EXAMPLES), "-o", "json")
    assert result.code == 3
    found = checks(result)
    assert {name: check["objects"] for name, check in found.items() if check["objects"]} == PLANTED
    assert {name for name, check in found.items() if check["outcome"] != "ok"} == PLANTED.keys()
    assert found.keys() == {check.id for check in USUAL}


@pytest.fixture
def mended(tmp_path: Path) -> str:
    """The example without its faults."""
    (items,) = (document["items"] for document in yaml.safe_load_all((EXAMPLES / "shop.yaml").read_text()))
    kept, planted = [], {ref for refs in PLANTED.values() for ref in refs}
    for found in items:
        ref = "/".join(p for p in (found["kind"], found["metadata"].get("namespace"), found["metadata"]["name"]) if p)
        labels = found["metadata"].get("labels", {})
        if ref in planted and found["kind"] != "Namespace":
            continue
        if ref == "Namespace/legacy":
            del labels["istio-injection"]
        if ref == "Namespace/typo":
            labels["istio.io/dataplane-mode"] = "ambient"
        if found["kind"] in ("Pod", "Deployment", "Event") and found["metadata"].get("namespace") in ("legacy", "typo"):
            continue
        if found["kind"] == "Pod" and labels.get("app") == "ztunnel":
            for condition in found["status"]["conditions"]:
                condition["status"] = "True"
        if found["kind"] == "Service" and labels.get("istio.io/use-waypoint") == "prices-wp":
            continue
        kept.append(found)
    return written(tmp_path / "mended.yaml", {"apiVersion": "v1", "kind": "List", "items": kept})


def test_a_healthy_cluster_passes_every_check(ambient: Run, mended: str) -> None:
    result = ambient("check", "-A", "-f", mended)
    assert result.code == 0
    assert f"\n{len(USUAL)} ✔" in result.out
    assert not set("‼✖?→") & set(result.out)
    assert {check["outcome"] for check in checks(ambient("check", "-A", "-f", mended, "-o", "json")).values()} == {"ok"}


def test_a_cluster_without_istio_is_one_line(ambient: Run, tmp_path: Path) -> None:
    path = written(tmp_path / "plain.yaml", m.namespace("shop"), m.pod())
    result = ambient("check", "-A", "-f", path, "--whole-cluster")
    assert result.out == "✖ The files hold no Istio: no istiod, no istio-cni and no ztunnel.\n"
    assert result.code == 3
    assert ambient("check", "-A", "-f", path, "--whole-cluster", "--fail-on", "none").code == 0


def test_manifests_of_a_repository_are_not_taken_for_a_cluster(ambient: Run, tmp_path: Path) -> None:
    path = written(tmp_path / "shop.yaml", m.namespace("shop", {"istio.io/dataplane-mode": "ambient"}), service())
    result = ambient("check", "-f", path)
    assert result.code == 0
    assert "Istio is installed" not in result.out
    assert "that these files cannot tell" in result.out
    found = checks(ambient("check", "-f", path, "-o", "json"))
    assert found["istio-installed"]["outcome"] == "skipped"
    assert found["both-modes"]["outcome"] == "skipped", "the webhooks decide"
    assert found["labels"]["outcome"] == "ok"


# Which checks


def test_checks_and_sections_are_chosen(ambient: Run) -> None:
    words = ("check", "-A", "-f", str(EXAMPLES), "-o", "json")
    assert list(checks(ambient(*words, "--only", "node-ztunnel"))) == ["node-ztunnel"]
    sections = checks(ambient(*words, "--only", "nodes,policies", "--only", "both-modes", "--skip", "policy-tried"))
    assert {"node-cni", "mtls-sent", "both-modes"} < sections.keys()
    assert "policy-tried" not in sections
    assert "labels" not in sections
    left = checks(ambient(*words, "--skip", "control-plane"))
    assert left.keys() == {check.id for check in USUAL if check.section != "control plane"}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--only", "nonsense"), 'error: invalid --only "nonsense": a section (installation, control-plane'),
        (("--skip", "control plane"), 'error: invalid --skip "control plane"'),
        (("--fail-on", "drift"), 'error: invalid --fail-on "drift": one of error, warning, unknown, any, none'),
        (("-o", "name"), "allowed formats are: json, junit, sarif, yaml"),
        (("--whole-cluster",), "error: --whole-cluster says what the files of -f hold"),
    ],
)
def test_what_is_mistyped_is_told_before_anything_is_read(ambient: Run, words: tuple[str, ...], told: str) -> None:
    result = ambient("check", *words)
    assert (result.code, result.out) == (2, "")
    assert told in result.err


@pytest.mark.parametrize(
    ("condition", "code"), [("error", 0), ("warning", 3), ("any", 3), ("unknown", 0), ("none", 0), ("unknown,any", 3)]
)
def test_what_a_gate_fails_on(ambient: Run, condition: str, code: int) -> None:
    result = ambient("check", "-A", "-f", str(EXAMPLES), "--only", "waypoint-used", "--fail-on", condition)
    assert result.code == code
    assert "1 ‼" in result.out


# SARIF


def run_of(result: Result) -> dict[str, Any]:
    document = json.loads(result.out)
    Draft4Validator(SARIF).validate(document)
    (run,) = document["runs"]
    rules = run["tool"]["driver"]["rules"]
    for found in run["results"]:
        assert rules[found["ruleIndex"]]["id"] == found["ruleId"]
    return dict(run)


def test_sarif_of_everything_validates_against_its_published_schema(ambient: Run) -> None:
    run = run_of(ambient("check", "-A", "-R", "-f", str(EXAMPLES), "-o", "sarif"))
    assert len(run["tool"]["driver"]["rules"]) == len(USUAL)
    assert len(run["results"]) > len(PLANTED)
    assert all("physicalLocation" in r["locations"][0] for r in run["results"])


def test_a_result_points_at_the_line_of_what_is_wrong(ambient: Run, tmp_path: Path) -> None:
    text = """# a file of several documents
apiVersion: v1
kind: Namespace
metadata:
  name: shop
---
# the next one

apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Service
  metadata:
    name: cart
    namespace: shop
    labels:
      app: cart
      istio.io/use-waypoints: wp
- {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "typo",
   "labels": {"istio.io/dataplane-mode": "Ambient"}}}
"""
    (tmp_path / "a folder").mkdir()
    (tmp_path / "a folder" / "shop.yaml").write_text(text)
    run = run_of(ambient("check", "-A", "-f", "a folder", "-o", "sarif"))
    places = {r["ruleId"]: r["locations"][0]["physicalLocation"] for r in run["results"]}
    uri = {"uri": "a%20folder/shop.yaml"}
    assert places == {
        "labels": {"artifactLocation": uri, "region": {"startLine": 19}},
        "mode-label": {"artifactLocation": uri, "region": {"startLine": 21}},
    }
    levels = {r["ruleId"]: r["level"] for r in run["results"]}
    assert levels == {"labels": "error", "mode-label": "error"}


def test_a_result_outside_of_this_folder_has_a_whole_address(
    ambient: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path / "shop.yaml", service(**{"istio.io/use-waypoints": "wp"}))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    run = run_of(ambient("check", "-f", path, "-o", "sarif"))
    (place,) = (r["locations"][0]["physicalLocation"] for r in run["results"])
    assert place["artifactLocation"]["uri"] == Path(path).as_uri()


def test_the_fingerprint_is_of_the_check_and_the_object(ambient: Run, tmp_path: Path) -> None:
    def prints(*found: dict[str, Any]) -> list[str]:
        run = run_of(ambient("check", "-f", written(tmp_path / "shop.yaml", *found), "-o", "sarif"))
        return [r["partialFingerprints"]["checkAndObject/v1"] for r in run["results"]]

    wrong = service(**{"istio.io/use-waypoints": "wp"})
    (alone,) = prints(wrong)
    (moved,) = prints(service("other"), wrong)
    (another,) = prints(service("other", **{"istio.io/use-waypoints": "wp"}))
    assert alone == moved != another


# JUnit


def test_junit_counts_what_it_holds(ambient: Run) -> None:
    result = ambient("check", "-A", "-f", str(EXAMPLES), "-o", "junit")
    suites = ElementTree.fromstring(result.out)
    cases = suites.findall("testsuite/testcase")
    assert {case.get("classname") for case in cases} == {check.id for check in USUAL}
    failed = {case.get("classname") for case in cases if case.find("failure") is not None}
    assert failed == PLANTED.keys()
    assert suites.get("tests") == str(len(cases))
    assert suites.get("failures") == str(len(failed))


def test_junit_holds_no_character_that_xml_has_not(ambient: Run, tmp_path: Path) -> None:
    path = written(tmp_path / "shop.yaml", service(**{"istio.io/use-waypoints": "a\x1b[31m<b>&\n\u202e"}))
    result = ambient("check", "-f", path, "-o", "junit")
    suites = ElementTree.fromstring(result.out)
    (failure,) = suites.findall("testsuite/testcase/failure")
    assert "\\x1b[31m<b>&\\n" in (failure.text or "")


# Files that are bad


def test_a_bad_file_hides_no_other(ambient: Run, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("kind: [\n")
    good = written(tmp_path / "good.yaml", service(**{"istio.io/use-waypoints": "wp"}))
    result = ambient("check", "-f", str(bad), "-f", good, "-o", "sarif", "--fail-on", "none")
    assert result.code == 1
    assert "bad.yaml: not YAML" in result.err
    assert [r["ruleId"] for r in run_of(result)["results"]] == ["labels"]


def test_labels_that_a_server_refuses_are_a_mistake_and_no_bad_file(ambient: Run, tmp_path: Path) -> None:
    found = service(**{"istio.io/use-waypoint": "infra/wp"})
    result = ambient("check", "-f", written(tmp_path / "shop.yaml", found), "-o", "json")
    assert result.code == 3
    assert "error" not in result.err
    assert checks(result)["labels"]["findings"][0]["code"] == "LabelRefused"
