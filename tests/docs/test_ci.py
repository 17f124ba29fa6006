"""The gates of docs/ci.md: their YAML is parsed, and every command line in them runs on manifests of a repository."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from kubectl_ambient.runs.check.source import words
from tests.docs.reading import DOCS, ROOT, section

PAGE = (DOCS / "ci.md").read_text(encoding="utf-8")
GOOD = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {istio.io/dataplane-mode: ambient}}\n"
BAD = GOOD.replace(": ambient}", ": Ambient}")


def gate(heading: str) -> list[Any]:
    """The YAML documents below a heading."""
    (text,) = re.findall(r"```yaml\n(.*?)```", section(PAGE, 2, heading), re.DOTALL)
    return list(yaml.safe_load_all(text))


def steps(heading: str) -> list[str]:
    """The scripts of a gate, in their order."""
    first, *_ = gate(heading)
    if heading == "GitHub Actions":
        return [step["run"] for step in first["jobs"]["check"]["steps"] if "run" in step]
    if heading == "GitLab":
        return [*first["ambient"]["before_script"], *first["ambient"]["script"]]
    return list(first["spec"]["template"]["spec"]["containers"][0]["args"])


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A folder with manifests in `deploy`, and on the PATH the program and a pip that installs nothing."""
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy" / "shop.yaml").write_text(GOOD)
    (tmp_path / "bin").mkdir()
    for name, line in {
        "pip": 'test "$*" = "install kubectl-ambient"',
        "kubectl-ambient": f'exec {shlex.quote(sys.executable)} -m kubectl_ambient "$@"',
    }.items():
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{line}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    return tmp_path


def run(script: str, folder: Path) -> int:
    """As the runners do: a shell that ends at the first failure."""
    environment = {**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(["bash", "-eo", "pipefail", "-c", script], cwd=folder, env=environment, check=False)
    return done.returncode


@pytest.mark.parametrize("heading", ["GitHub Actions", "GitLab"])
def test_a_gate_lets_good_manifests_pass_and_stops_bad_ones(heading: str, repository: Path) -> None:
    assert [run(script, repository) for script in steps(heading)] == [0] * len(steps(heading))
    (repository / "deploy" / "shop.yaml").write_text(BAD)
    codes = [run(script, repository) for script in steps(heading)]
    assert codes == [*[0] * (len(codes) - 1), 3]


def test_the_report_that_is_uploaded_is_the_one_that_is_written(repository: Path) -> None:
    (repository / "deploy" / "shop.yaml").write_text(BAD)
    for script in steps("GitHub Actions"):
        run(script, repository)
    (upload,) = (s for s in gate("GitHub Actions")[0]["jobs"]["check"]["steps"] if "upload-sarif" in s.get("uses", ""))
    (result,) = json.loads((repository / upload["with"]["sarif_file"]).read_text())["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "deploy/shop.yaml"}, "region": {"startLine": 3}}
    assert gate("GitHub Actions")[0]["permissions"]["security-events"] == "write"


def test_gitlab_is_given_the_report_whatever_came_of_it(repository: Path) -> None:
    (repository / "deploy" / "shop.yaml").write_text(BAD)
    for script in steps("GitLab"):
        run(script, repository)
    artifacts = gate("GitLab")[0]["ambient"]["artifacts"]
    suites = ElementTree.parse(repository / artifacts["reports"]["junit"]).getroot()
    assert suites.get("failures") == "1"
    assert artifacts["when"] == "always"


def test_argo_cd_runs_it_before_a_sync_with_the_role_that_reads(repository: Path) -> None:
    job, account, binding = gate("Argo CD")
    assert job["metadata"]["annotations"]["argocd.argoproj.io/hook"] == "PreSync"
    assert job["spec"]["template"]["spec"]["serviceAccountName"] == account["metadata"]["name"]
    assert binding["subjects"][0]["name"] == account["metadata"]["name"]
    roles = [role["metadata"]["name"] for role in yaml.safe_load_all((DOCS / "rbac.yaml").read_text())]
    assert binding["roleRef"]["name"] in roles
    (script,) = steps("Argo CD")
    on_files = script.replace("check -A", f"check -A -f {ROOT / 'examples'}")
    assert on_files != script
    assert run(on_files, repository) == 3, "ztunnel on n3 is not Ready"
    assert run(on_files.replace(",nodes", ""), repository) == 0


def lines() -> Iterator[str]:
    """Every command line of the page that names the program, those in sentences too."""
    for text in re.findall(r"```\w*\n.*?```|`[^`\n]+`", PAGE.replace("`\n`", "`` ``"), re.DOTALL):
        for line in text.strip("`").replace("\\\n", " ").splitlines():
            yield from re.findall(r"kubectl-ambient (check .+)", line)


def test_every_flag_and_check_on_the_page_is_one() -> None:
    found = list(lines())
    assert len(found) >= 6
    for line in found:
        for flag in re.findall(r"--only (\S+)", line):
            assert {*flag.split(",")} <= words().keys()


def test_pipes_are_read_as_the_page_says(repository: Path) -> None:
    piped = "cat deploy/shop.yaml | kubectl-ambient check -A -f -"
    assert "| kubectl-ambient check -A -f -`" in PAGE
    assert run(piped, repository) == 0
    (repository / "deploy" / "shop.yaml").write_text(BAD)
    assert run(piped, repository) == 3
    assert run(f"{piped} -o sarif --fail-on none", repository) == 0


# k9s


def test_k9s_opens_explain_on_the_pod_under_the_cursor(repository: Path) -> None:
    """k9s puts names into the words of a plugin and runs them."""
    plugins = yaml.safe_load((ROOT / "examples/k9s-plugin.yaml").read_text())["plugins"]
    (plugin,) = plugins.values()
    assert {*plugin} == {"shortCut", "description", "scopes", "command", "background", "args"}
    assert plugin["scopes"] == ["pods"]
    assert plugin["background"] is False
    (repository / "bin" / "kubectl").write_text(
        '#!/bin/sh\nshift\necho "$*" >&2\n'
        f'exec kubectl-ambient explain pod "$3" -n "$5" -f {shlex.quote(str(ROOT / "examples"))}\n'
    )
    (repository / "bin" / "less").write_text('#!/bin/sh\ntest "$1" = -K && cat > seen\n')
    for name in ("kubectl", "less"):
        (repository / "bin" / name).chmod(0o755)
    under_the_cursor = {"$NAMESPACE": "shop", "$NAME": "reports-0", "$CONTEXT": "my lab"}
    words = []
    for word in plugin["args"]:
        for variable, value in under_the_cursor.items():
            word = word.replace(variable, value)
        words.append(word)
    assert run(shlex.join([plugin["command"], *words]), repository) == 0
    seen = (repository / "seen").read_text()
    assert seen.startswith("explain pod reports-0 -n shop --context my lab\n")
    assert "Pod shop/reports-0 is NOT in ambient mode" in seen
