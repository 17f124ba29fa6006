"""What actionlint and zizmor cannot know of the workflows: that they fit the code beside them."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".github/workflows"
FILES = sorted(FOLDER.glob("*.yml"))


def workflow(name: str) -> dict[str, Any]:
    return yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))


def jobs() -> Iterator[tuple[str, dict[str, Any]]]:
    for file in FILES:
        for name, job in workflow(file.name)["jobs"].items():
            yield f"{file.stem}/{name}", job


def scripts() -> str:
    steps = (step for _, job in jobs() for step in job.get("steps", ()))
    return "\n".join(step["run"] for step in steps if "run" in step)


def test_there_are_workflows() -> None:
    assert [file.name for file in FILES] == ["release.yml", "test.yml"]


def test_every_action_is_one_commit_with_its_version_beside_it() -> None:
    pinned: dict[str, set[str]] = {}
    for file in FILES:
        for line in re.findall(r"uses: (.+)", file.read_text(encoding="utf-8")):
            local = re.fullmatch(r"\./(\S+)(?: #.*)?", line)
            if local:
                assert (ROOT / local[1]).is_file(), line
                continue
            action = re.fullmatch(r"([\w.-]+/[\w./-]+)@([0-9a-f]{40} # v\d+\.\d+\.\d+)", line)
            assert action, f"{file.name}: {line}"
            pinned.setdefault(action[1], set()).add(action[2])
    assert {action: pins for action, pins in pinned.items() if len(pins) > 1} == {}


@pytest.mark.parametrize("job", ["archive", "krew"])
def test_the_platforms_are_those_of_the_manifest(job: str) -> None:
    manifest = yaml.safe_load((ROOT / "plugin.yaml").read_text(encoding="utf-8"))
    wanted = [tuple(each["selector"]["matchLabels"].values()) for each in manifest["spec"]["platforms"]]
    rows = workflow("release.yml")["jobs"][job]["strategy"]["matrix"]["include"]
    assert sorted((row["os"], row["arch"]) for row in rows) == sorted(wanted)


def test_archives_for_linux_are_built_on_glibc_2_28() -> None:
    machines = {"amd64": "x86_64", "arm64": "aarch64"}
    for row in workflow("release.yml")["jobs"]["archive"]["strategy"]["matrix"]["include"]:
        if row["os"] == "linux":
            assert re.fullmatch(
                rf"quay\.io/pypa/manylinux_2_28_{machines[row['arch']]}@sha256:[0-9a-f]{{64}}", row["image"]
            )
        else:
            assert "image" not in row


def test_every_supported_python_is_tested() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = re.findall(r"Python :: (3\.\d+)", "\n".join(project["classifiers"]))
    matrix = workflow("test.yml")["jobs"]["offline"]["strategy"]["matrix"]
    assert matrix["python"] == named
    assert {name.partition("-")[0] for name in matrix["os"]} == {"ubuntu", "macos", "windows"}


def test_only_these_jobs_may_write() -> None:
    may = {
        name: sorted(right for right, level in job["permissions"].items() if level == "write") for name, job in jobs()
    }
    assert {name: rights for name, rights in may.items() if rights} == {
        "release/attest": ["attestations", "id-token"],
        "release/publish": ["contents"],
        "release/pypi": ["id-token"],
    }
    assert all(workflow(file.name)["permissions"] == {} for file in FILES)


def test_what_users_get_comes_after_every_check() -> None:
    release = workflow("release.yml")["jobs"]

    def before(job: str) -> set[str]:
        needs = release[job].get("needs", [])
        direct = {needs} if isinstance(needs, str) else set(needs)
        return direct.union(*map(before, direct))

    for job in ("publish", "pypi", "krew-index"):
        assert before(job) >= {"tag", "test", "archive", "krew", "wheel", "assemble", "attest"}, job
    for job in ("pypi", "krew-index"):
        assert "!contains(github.ref_name, '-')" in release[job]["if"], f"{job} would publish a pre-release"


def test_no_checkout_leaves_its_token_behind() -> None:
    checkouts = [
        step for _, job in jobs() for step in job.get("steps", ()) if "actions/checkout@" in step.get("uses", "")
    ]
    assert checkouts
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_every_job_ends() -> None:
    assert [name for name, job in jobs() if "uses" not in job and "timeout-minutes" not in job] == []


def test_files_that_the_scripts_name_are_there() -> None:
    named = set(re.findall(r"(?:^|\s)(\.(?:ci|github)/[\w./-]+)", scripts()))
    assert named >= {".ci/run", ".ci/release", ".github/scripts/tagged.py"}
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


def test_commands_that_the_scripts_call_are_there() -> None:
    called = set(re.findall(r"\.ci/release ([a-z]+)", scripts()))
    assert called == {"build", "glibc", "manifest", "smoke", "wheel"}
    for command in sorted(called):
        told = subprocess.run(
            [sys.executable, ROOT / ".ci/release", command, "--help"], capture_output=True, check=False
        )
        assert told.returncode == 0, told.stderr
