"""Files that are no manifests yet, objects without a name, and objects that come twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubectl_ambient.cluster.needs.labels import SETTINGS
from kubectl_ambient.cluster.problem import Problem
from kubectl_ambient.cluster.reading.files import read_files
from kubectl_ambient.cluster.reading.label_files import read_label_files
from kubectl_ambient.cluster.snapshot import Snapshot

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\n"
HELM = "“helm template CHART | kubectl ambient … -f -” reads what becomes of it"
KUSTOMIZE = "“kubectl kustomize FOLDER | kubectl ambient … -f -” reads what becomes of it"


def read(folder: Path, **files: str) -> tuple[Snapshot, list[Problem]]:
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return read_files([str(folder)], recursive=True)


def why(problems: list[Problem]) -> list[tuple[str, bool]]:
    return [(problem.why, problem.harmless) for problem in problems]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("{{- if .Values.web }}\nkind: Pod\n{{- end }}\n", 1),
        ("apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Release.Name }}-web\n", 4),
        (
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: w\n  labels:\n    {{- toYaml .Values.x | nindent 4 }}\n",
            6,
        ),
        ('items:\n- {{ include "web" . }}\n', 2),
        (
            "# {{ why }}\n{kind: Node, apiVersion: v1, metadata: {name: n1}}\n---\nx:\n{{- range .x }}\n- {{ . }}: [\n",
            5,
        ),
    ],
)
def test_a_helm_template_is_recognised_and_told_once(tmp_path: Path, text: str, line: int) -> None:
    snapshot, problems = read(tmp_path, **{"web.yaml": f"{text}---\n{text}", "pod.yaml": POD})
    assert why(problems) == [(f"a Helm template ({{{{ … }}}} in line {line}), and no manifest yet: {HELM}", False)]
    assert list(snapshot.pods.facts) == ["shop/web"]


@pytest.mark.parametrize(
    "field", ["name: 'web-{{ .Release.Name }}'", "name: web\n  labels: {app: '{{ .Values.app }}'}"]
)
def test_a_template_that_is_yaml_all_the_same(tmp_path: Path, field: str) -> None:
    snapshot, problems = read(tmp_path, **{"web.yaml": f"apiVersion: v1\nkind: Pod\nmetadata:\n  {field}\n"})
    assert why(problems) == [(f"a Helm template ({{{{ … }}}}), and no manifest yet: {HELM}", False)]
    assert not snapshot.pods


@pytest.mark.parametrize(
    "text",
    [
        # Alerts of Prometheus, and Istio's own injection template: YAML takes them as they are.
        "kind: ConfigMap\napiVersion: v1\nmetadata: {name: a}\ndata:\n  a: |\n    {{ $labels.pod }} is slow\n  b: [\n",
        "a: >-\n  {{- if .Spec }}\n  {{- end }}\nb: {\n",
        'a: "{{ x }}"\nb: [\n',
        "# {{ x }}\nb: [\n",
    ],
)
def test_what_is_broken_otherwise_is_no_template(tmp_path: Path, text: str) -> None:
    _, (problem,) = read(tmp_path, **{"web.yaml": text})
    assert problem.why.startswith("not YAML: ")


def test_annotations_may_hold_templates(tmp_path: Path) -> None:
    vault = "vault.hashicorp.com/agent-inject-template-a: '{{ with secret }}x{{ end }}'"
    pod = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: a, namespace: shop, annotations: {{{vault}}}}}\n"
    snapshot, problems = read(tmp_path, **{"web.yaml": pod})
    assert (problems, list(snapshot.pods.facts)) == ([], ["shop/a"])


def test_a_chart_is_told_once_and_its_values_are_no_manifest(tmp_path: Path) -> None:
    _, problems = read(
        tmp_path,
        **{
            "Chart.yaml": "apiVersion: v2\nname: shop\n",
            "values.yaml": "a: b\n",
            "values.schema.json": "{}",
            "templates__pod.yaml": POD,
        },
    )
    assert why(problems) == [(f"a Helm chart, whose templates are no manifests yet: {HELM}", True)]
    assert why(read(tmp_path / "x", **{"values.yaml": "a: b\n"})[1]) == [
        ("no Kubernetes object: kind is not set", False)
    ]


def test_what_kustomize_takes(tmp_path: Path) -> None:
    _, problems = read(
        tmp_path,
        **{
            "kustomization.yaml": "resources: [web.yaml]\n",
            "patch.yaml": "- {op: remove, path: /metadata/labels}\n",
            "web.yaml": POD,
        },
    )
    assert why(problems) == [
        (f"what Kustomize changes by it is not applied here: {KUSTOMIZE}", True),
        (f"a JSON patch, and no manifest: {KUSTOMIZE}", True),
    ]
    _, (problem,) = read(tmp_path / "x", **{"list.yaml": "- a\n- b\n"})
    assert problem.why == "a list, where a Kubernetes object is wanted"


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("web.jsonnet", "local a = 1;\n{ b: a + [ }\n", "Jsonnet, and no manifest yet: “jsonnet FILE"),
        ("_helpers.tpl", '{{- define "a" -}}\nx: [\n', "a template, and no manifest yet: “helm template"),
        ("NOTES.txt", "Thank you for installing.\n", "a template, and no manifest yet: “helm template"),
    ],
)
def test_what_is_named_and_no_manifest(tmp_path: Path, name: str, text: str, words: str) -> None:
    (tmp_path / name).write_text(text)
    _, (problem,) = read_files([str(tmp_path / name)])
    assert problem.why.startswith(words)


def test_a_file_of_comments_is_passed_over_in_a_folder_as_by_kubectl(tmp_path: Path) -> None:
    assert read(tmp_path, **{"a.yaml": "# later\n", "b.yaml": "", "pod.yaml": POD})[1] == []
    _, (problem,) = read_files([str(tmp_path / "a.yaml")])
    assert (problem.why, problem.harmless) == ("empty: no object in it", False)


def test_what_the_server_is_to_name(tmp_path: Path) -> None:
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {generateName: move-, namespace: shop}\n"
    snapshot, problems = read(tmp_path, **{"a.yaml": f"{pod}---\n{pod}", "b.yaml": pod})
    assert problems == []
    assert list(snapshot.pods.facts) == ["shop/move-", "shop/move-(2)", "shop/move-(3)"]
    _, (problem,) = read(tmp_path / "x", **{"a.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {generateName: 1}\n"})
    assert problem.why == "metadata.generateName: expected a string, got a whole number 1 (put it in quotes)"


def test_an_object_that_comes_twice_is_told_where_it_differs(tmp_path: Path) -> None:
    other = POD.replace("shop}", "shop, labels: {a: b}}")
    snapshot, problems = read(tmp_path, **{"base__web.yaml": POD, "base__same.yaml": POD, "prod__web.yaml": other})
    (problem,) = problems
    assert str(problem) == (
        f"{tmp_path}/prod/web.yaml: Pod/shop/web: it stands in {tmp_path}/base/web.yaml, too, and differs: "
        "the one here counts"
    )
    assert problem.harmless
    assert snapshot.pods.facts["shop/web"].labels == {"a": "b"}


def test_labels_keep_both(tmp_path: Path) -> None:
    text = (
        "apiVersion: v1\nkind: Service\nmetadata: {{name: w, namespace: shop, labels: {{istio.io/use-waypoint: {}}}}}"
    )
    for name, value in {"base/a": "wp", "base/b": "wp", "dev/a": "dev", "prod/a": "prod"}.items():
        (tmp_path / f"{name}.yaml").parent.mkdir(exist_ok=True)
        (tmp_path / f"{name}.yaml").write_text(text.format(value))
    snapshot, problems = read_label_files(SETTINGS, "", [str(tmp_path)], recursive=True)
    assert problems == []
    assert {(found.place, found.labels["istio.io/use-waypoint"]) for found in snapshot.labelled} == {
        (f"{tmp_path}/base/b.yaml", "wp"),
        (f"{tmp_path}/dev/a.yaml", "dev"),
        (f"{tmp_path}/prod/a.yaml", "prod"),
    }
    alone, _ = read_label_files(SETTINGS, "", [str(tmp_path / "base")], recursive=True)
    assert [found.place for found in alone.labelled] == [""]
