"""`--local` on repositories as people have them: chosen objects, files written in place, templates left alone."""

from __future__ import annotations

import codecs
import stat
from pathlib import Path

import pytest

from .enable_fixtures import Run, ambient, clean_environment

__all__ = ["ambient", "clean_environment"]

LABEL = "istio.io/dataplane-mode"
NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {name}\n"
DEPLOYMENT = """\
# {name}, by hand
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
  namespace: {namespace}
  labels: {{app: {name}}}
spec:
  template:
    metadata:
      labels:
        app: {name}   # as its Service has it
"""
HELM = """\
{{- if .Values.enabled }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}-web
---
{{- end }}
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for name, text in {
        "shop/namespace.yaml": NAMESPACE.format(name="shop"),
        "shop/web.yaml": DEPLOYMENT.format(name="web", namespace="shop"),
        "bank/api.yml": DEPLOYMENT.format(name="api", namespace="bank"),
        "bank/jobs.yaml": "apiVersion: batch/v1\nkind: Job\nmetadata: {generateName: move-, namespace: bank}\n"
        "spec: {template: {metadata: {}, spec: {}}}\n",
        "bank/todo.yaml": "# apiVersion: v1\n# kind: Namespace\n",
    }.items():
        path = tmp_path / "repo" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "repo"


def names(ambient: Run, *words: str) -> list[str]:
    found = ambient("enable", *words, "--local", "-o", "name")
    assert found.code == 0, found.err
    return found.out.split()


def test_what_is_chosen(ambient: Run, repository: Path) -> None:
    files = ("-R", "-f", str(repository))
    assert names(ambient, *files) == ["namespace/shop"]
    assert names(ambient, "deploy/web", *files) == ["deployment.apps/web"]
    assert names(ambient, "deploy", "web", "api", *files) == ["deployment.apps/api", "deployment.apps/web"]
    assert names(ambient, "deploy", "--all", *files) == ["deployment.apps/api", "deployment.apps/web"]
    assert names(ambient, "-l", "app=web", *files) == ["deployment.apps/web"]
    assert names(ambient, "-n", "shop", *files) == ["namespace/shop"]
    assert names(ambient, "-n", "bank", *files) == ["deployment.apps/api", "job.batch/move-"]
    assert names(ambient, "deploy", "-l", "app!=web", "-n", "shop", *files) == []


def test_what_is_named_and_not_there_is_told(ambient: Run, repository: Path) -> None:
    found = ambient("enable", "deploy", "web", "wbe", "-R", "-f", str(repository), "--local", "-o", "name")
    assert (found.code, found.out) == (1, "deployment.apps/web\n")
    assert found.err == 'Error (NotFound): deployments.apps "wbe" not found\n'
    found = ambient("enable", "-n", "typo", "-R", "-f", str(repository), "--local", "-o", "name")
    assert (found.code, found.out) == (0, "")
    assert found.err == "nothing to label: the files hold nothing of what was asked for in namespace typo\n"


def test_what_is_left_alone_is_told(ambient: Run, repository: Path) -> None:
    out = repository / "shop" / "out.yaml"
    out.write_text(DEPLOYMENT.format(name="out", namespace="shop") + f"        {LABEL}: none\n")
    found = ambient("enable", "-R", "-f", str(repository), "--local", "-o", "name")
    told = " ".join(found.err.split())
    assert (found.code, found.out) == (0, "namespace/shop\n")
    assert told == (
        "not labeled: Deployment bank/api, Job bank/move-: the label goes on Namespaces only, where files hold any, "
        "and these are not in one of them. Name them, or choose them with -n or -l "
        f"Deployment shop/out keeps {LABEL}=none in its pod template, which wins over its Namespace's"
    )


def test_files_are_written_in_place_and_only_those_that_change(ambient: Run, repository: Path) -> None:
    before = {path: path.read_bytes() for path in repository.rglob("*.y*ml")}
    web = repository / "shop" / "web.yaml"
    web.chmod(0o640)
    times = {path: path.stat().st_mtime_ns for path in before}
    dry = ambient("enable", "deploy", "--all", "-R", "-f", str(repository), "--local", "--in-place", "--dry-run=client")
    assert dry.out == (
        f"{repository}/bank/api.yml: deployment.apps/api labeled (dry run)\n"
        f"{repository}/shop/web.yaml: deployment.apps/web labeled (dry run)\n"
    )
    assert {path: path.read_bytes() for path in before} == before
    done = ambient("enable", "deploy", "--all", "-R", "-f", str(repository), "--local", "--in-place")
    assert (done.code, done.err) == (0, "")
    assert done.out == dry.out.replace(" (dry run)", "")
    changed = {path.name for path in before if path.read_bytes() != before[path]}
    assert changed == {"api.yml", "web.yaml"}
    assert {path.name for path in before if path.stat().st_mtime_ns != times[path]} <= changed
    line = f"        {LABEL}: ambient\n"
    assert web.read_text() == before[web].decode() + line
    assert stat.S_IMODE(web.stat().st_mode) == 0o640
    assert sorted(path.name for path in web.parent.iterdir()) == ["namespace.yaml", "web.yaml"], "nothing is left over"
    again = ambient("enable", "deploy", "--all", "-R", "-f", str(repository), "--local", "--in-place")
    assert (again.code, again.out, again.err) == (0, "", "")
    back = ambient("disable", "-R", "-f", str(repository), "--local", "--in-place", "-o", "name")
    assert back.out.split() == ["deployment.apps/api", "job.batch/move-", "namespace/shop", "deployment.apps/web"]
    assert {path: path.read_bytes() for path in before} == before


def test_a_link_stays_a_link(ambient: Run, tmp_path: Path) -> None:
    true = tmp_path / "true.yaml"
    true.write_text(NAMESPACE.format(name="shop"))
    (tmp_path / "link.yaml").symlink_to(true)
    assert ambient("enable", "-f", "link.yaml", "--local", "--in-place").code == 0
    assert (tmp_path / "link.yaml").is_symlink()
    assert LABEL in true.read_text()


def test_a_folder_that_cannot_be_written_to(ambient: Run, repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**where: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    found = ambient("enable", "-f", str(repository / "shop"), "--local", "--in-place")
    assert (found.code, found.out) == (1, "")
    assert found.err == f"error: {repository}/shop/namespace.yaml: cannot be written: Permission denied\n"


@pytest.mark.parametrize("end", ["", "\n", "\n\n", "\r\n", "\n...\n", "\n---\n# end"])
@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
def test_ends_and_marks_are_kept(ambient: Run, tmp_path: Path, end: str, mark: bytes) -> None:
    newline = "\r\n" if "\r" in end else "\n"
    text = NAMESPACE.format(name="shop").rstrip().replace("\n", newline)
    path = tmp_path / "shop.yaml"
    path.write_bytes(mark + (text + end).encode())
    wanted = mark + (text + f"{newline}  labels:{newline}    {LABEL}: ambient" + end).encode()
    assert ambient("enable", "-f", "shop.yaml", "--local").out.encode() == wanted
    assert ambient("enable", "-f", "shop.yaml", "--local", "--in-place").code == 0
    assert path.read_bytes() == wanted


def test_utf_16_stays_utf_16_in_place_and_is_printed_as_kubectl_reads_it(ambient: Run, tmp_path: Path) -> None:
    text = NAMESPACE.format(name="shop")
    path = tmp_path / "shop.yaml"
    path.write_bytes(codecs.BOM_UTF16_LE + text.encode("utf-16-le"))
    assert ambient("enable", "-f", "shop.yaml", "--local").out == f"{text}  labels:\n    {LABEL}: ambient\n"
    ambient("enable", "-f", "shop.yaml", "--local", "--in-place")
    assert path.read_bytes() == codecs.BOM_UTF16_LE + f"{text}  labels:\n    {LABEL}: ambient\n".encode("utf-16-le")


def test_in_place_leaves_what_it_cannot_read_as_it_is(ambient: Run, tmp_path: Path) -> None:
    path = tmp_path / "all.yaml"
    path.write_text(f"a: [\n---\n{NAMESPACE.format(name='shop')}---\njust: a map\n")
    found = ambient("enable", "-f", "all.yaml", "--local", "--in-place")
    assert found.code == 1
    assert "all.yaml: document 1: not YAML" in found.err
    assert path.read_text() == (
        f"a: [\n---\n{NAMESPACE.format(name='shop')}  labels:\n    {LABEL}: ambient\n---\njust: a map\n"
    )


def test_a_helm_chart_is_told_once_a_file_and_not_touched(ambient: Run, tmp_path: Path) -> None:
    chart = tmp_path / "chart"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: shop\nversion: 1.0.0\n")
    (chart / "values.yaml").write_text("enabled: true\n")
    (chart / "templates" / "web.yaml").write_text(HELM)
    (chart / "templates" / "ns.yaml").write_text(NAMESPACE.format(name="shop"))
    found = ambient("enable", "-R", "-f", "chart", "--local", "--in-place")
    assert found.code == 1
    assert found.out == "chart/templates/ns.yaml: namespace/shop labeled\n"
    note, error = found.err.splitlines()
    assert note == (
        "note: chart/Chart.yaml: a Helm chart, whose templates are no manifests yet: "
        "“helm template CHART | kubectl ambient … -f -” reads what becomes of it"
    )
    assert error == (
        "error: chart/templates/web.yaml: a Helm template ({{ … }} in line 1), and no manifest yet: "
        "“helm template CHART | kubectl ambient … -f -” reads what becomes of it"
    )
    assert (chart / "templates" / "web.yaml").read_text() == HELM


def test_both_modes_are_told_as_on_a_cluster(ambient: Run, tmp_path: Path) -> None:
    text = NAMESPACE.format(name="shop") + "  labels: {istio-injection: enabled}\n"
    (tmp_path / "shop.yaml").write_text(text)
    found = ambient("enable", "-f", "shop.yaml", "--local")
    assert found.code == 0
    assert " ".join(found.err.split()) == (
        "‼ namespace/shop asks for sidecars too (namespace label istio-injection=enabled): pods without one move in "
        "now, and get one when they restart; to end that: kubectl label namespace shop istio-injection-"
    )
    (tmp_path / "web.yaml").write_text(DEPLOYMENT.format(name="web", namespace="shop"))
    found = ambient("enable", "deploy/web", "-f", "shop.yaml", "-f", "web.yaml", "--local", "-o", "name")
    assert "deployment.apps/web asks for sidecars too" in found.err
    (tmp_path / "shop.yaml").write_text(text.replace("enabled", "disabled"))
    assert ambient("enable", "-f", "shop.yaml", "--local").err == ""
    (tmp_path / "shop.yaml").write_text(text.replace("istio-injection: enabled", "istio.io/rev: canary"))
    assert "whether namespace/shop gets a sidecar too cannot be told" in ambient(
        "enable", "-f", "shop.yaml", "--local"
    ).err.replace("\n", " ")
