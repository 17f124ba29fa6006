"""The manifests beside the code: krew's, and the roles."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubectl_ambient import HOMEPAGE, __version__
from kubectl_ambient.cluster.kinds.plugins import OTHER_POLICIES, PLATFORM
from kubectl_ambient.kube.resources import find_resource
from tests.docs.reading import ROOT
from tests.rig import programs

PLUGIN = yaml.safe_load((ROOT / "plugin.yaml").read_text(encoding="utf-8"))
ROLES: dict[str, dict[str, Any]] = {
    role["metadata"]["name"]: role for role in yaml.safe_load_all((ROOT / "docs/rbac.yaml").read_text(encoding="utf-8"))
}

OTHERS = {kind.resource.full_name for kind in (*OTHER_POLICIES, *PLATFORM)}  # not all of these can be typed


def test_the_krew_manifest_is_of_this_version() -> None:
    spec = PLUGIN["spec"]
    assert (PLUGIN["metadata"]["name"], spec["version"], spec["homepage"]) == ("ambient", f"v{__version__}", HOMEPAGE)
    assert len(spec["shortDescription"]) <= 50


def test_the_krew_manifest_names_six_platforms() -> None:
    found = set()
    for platform in PLUGIN["spec"]["platforms"]:
        labels = platform["selector"]["matchLabels"]
        system, arch = labels["os"], labels["arch"]
        windows = system == "windows"
        name = f"kubectl-ambient_v{__version__}_{system}_{arch}.{'zip' if windows else 'tar.gz'}"
        assert platform["uri"] == f"{HOMEPAGE}/releases/download/v{__version__}/{name}"
        assert platform["bin"] == f"kubectl-ambient/kubectl-ambient{'.exe' if windows else ''}"
        assert re.fullmatch(r"[a-f0-9]{64}", platform["sha256"])
        found.add((system, arch))
    assert found == {(s, a) for s in ("linux", "darwin", "windows") for a in ("amd64", "arm64")}


def test_krew_takes_the_manifest(tmp_path: Path) -> None:
    """krew's own validator, where it was built; it wants the file to be named for the plugin."""
    missing = programs.why_not()
    if missing:
        pytest.skip(missing)
    manifest = tmp_path / "ambient.yaml"
    shutil.copy(ROOT / "plugin.yaml", manifest)
    validator = str(programs.program("validate-krew-manifest"))
    done = subprocess.run([validator, "-manifest", str(manifest), "-skip-install"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def rules(role: str) -> list[tuple[str, str, str, tuple[str, ...]]]:
    """Each (group, resource, verb) of a role, and the names that it is bound to."""
    return [
        (group, resource, verb, tuple(rule.get("resourceNames", ())))
        for rule in ROLES[role]["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    ]


BY_NAME = {"configmaps", "felixconfigurations", "networks"}


def test_the_role_for_reading_only_reads() -> None:
    for _, resource, verb, names in rules("kubectl-ambient-view"):
        assert verb in ("get", "list", "watch")
        assert resource != "secrets"
        assert bool(names) == (resource in BY_NAME), "a ConfigMap may hold anything: only by name"


def test_the_role_for_changing_adds_one_verb() -> None:
    assert {verb for _, _, verb, _ in rules("kubectl-ambient-patch")} == {"patch"}
    (selector,) = ROLES["kubectl-ambient-edit"]["aggregationRule"]["clusterRoleSelectors"]
    for name in ("kubectl-ambient-view", "kubectl-ambient-patch"):
        assert selector["matchLabels"].items() <= ROLES[name]["metadata"]["labels"].items()


def test_no_right_is_given_twice() -> None:
    given = [right[:3] for role in ROLES if ROLES[role]["rules"] for right in rules(role)]
    assert len(given) == len(set(given))


def test_resources_stand_under_their_group() -> None:
    for role in ROLES:
        for group, resource, _, _ in rules(role):
            whole, _, _ = resource.partition("/")
            full = f"{whole}.{group}" if group else whole
            assert full in OTHERS or find_resource(whole).full_name == full
