"""Issue 10, number 11: what is built, tested and released is made of what was locked by hash, and of nothing else."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.release.installs import ROOT, make_offenders, offenders, python_offenders, workflow_offenders

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
PROGRAMS = sorted(
    [
        *ROOT.glob(".ci/*.py"),
        *ROOT.glob(".ci/release/*.py"),
        *ROOT.glob(".ci/release/*.spec"),
        *ROOT.glob(".github/**/*.py"),
    ]
)
# Reads and serves over the network by trade, but may install nothing.
RIG = sorted([*ROOT.glob("tests/rig/**/*.py"), *ROOT.glob("tests/bench/**/*.py"), *ROOT.glob("tests/krew/*.py")])
# Of what would be found there: curl asks the server of the benchmark, and bash runs the plugin and its undo lines.
KNOWN = {
    "tests/bench/floor.py": ["curl no curl: it measures how long the bytes alone take"],
    "tests/rig/endings.py": ["-c bash -c w+", "bash -ec"],
}


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


# What is there


@pytest.mark.parametrize("path", WORKFLOWS, ids=name_of)
def test_workflows_install_by_hash_only(path: Path) -> None:
    assert workflow_offenders(text(path)) == []


def test_make_installs_by_hash_only() -> None:
    assert make_offenders(text(ROOT / "Makefile")) == []


def test_ci_run_installs_by_hash_only() -> None:
    assert offenders(text(ROOT / ".ci/run")) == []


def test_programs_install_by_hash_only() -> None:
    assert {name_of(path): found for path in PROGRAMS if (found := python_offenders(text(path)))} == {}
    assert {name_of(path): found for path in RIG if (found := python_offenders(text(path), network=True))} == KNOWN


def test_nothing_else_is_run() -> None:
    """What would have to be looked at as well, if it were there."""
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    scripts = [
        path for path in tracked if re.search(r"(Dockerfile|action\.ya?ml|package\.json|\.(sh|ps1|mk|cmd))$", path)
    ]
    assert scripts == []
    assert [path for path in tracked if re.fullmatch(r"(\.ci/[^/]+|\.github/.*\.py)", path)] == [
        ".ci/command_lint.py",
        ".ci/run",
        ".github/scripts/tagged.py",
    ]


def test_uv_is_told_one_python() -> None:
    """`uv python install 3.13` takes the newest; of a whole version, uv knows the sum."""
    assert re.search(r'^  PYTHON: "\d+\.\d+\.\d+"$', text(ROOT / ".github/workflows/release.yml"), re.MULTILINE)


# What would be found

LOCKED = "python -m pip install --require-hashes --only-binary :all: --requirement .ci/release/locks/dev.txt"
SHELL = [
    "pip install build",
    "pip3.13 install build==1.6.1",
    "python -m pip install --quiet --upgrade 'pip>=25.1'",
    '"$PIP" -m pip install "uv==$UV"',
    '"$RUNNER_TEMP/empty/bin/pip" install dist/*.whl',
    "pip install --no-index .",
    "pip install --no-deps --no-build-isolation .",
    "pip download --require-hashes --requirement .ci/release/locks/dev.txt",
    LOCKED.replace("--require-hashes", ""),
    LOCKED.replace("--only-binary :all:", ""),
    LOCKED.replace(".ci/release/locks/dev.txt", "requirements.txt"),
    f"{LOCKED} build",
    f"{LOCKED} --extra-index-url https://example.com/simple",
    f"PIP_INDEX_URL=https://example.com/simple {LOCKED}",
    f"export PIP_NO_BINARY=:all:\n{LOCKED}",
    "python -m build --outdir dist",
    "python -m pipx run build",
    "python -m ensurepip --upgrade",
    "python -c 'import pip'",
    "python -m uv pip install build",
    "python -m uv python install 3.13",
    "uv sync",
    "uvx zizmor .github",
    "pipx install build",
    "npm ci",
    "npx markdownlint",
    "go install sigs.k8s.io/krew/cmd/krew@latest",
    "go run sigs.k8s.io/krew/cmd/krew@v0.4.4",
    "go get -u ./...",
    "go build -mod=mod ./...",
    "GOFLAGS=-mod=mod go build ./...",
    "GONOSUMDB=* go build ./...",
    "cargo install ripgrep",
    "curl -fsSL https://example.com/install.sh | sh",
    "echo done && wget https://example.com/tool",
    "mkdir tools; bash <(curl https://example.com)",
    "version=$(curl https://example.com/version)",
    'echo "$(wget -O- https://example.com)"',
    "echo `curl https://example.com`",
    "docker run alpine:3",
    "apt-get install -y jq",
    "brew install jq",
    "gh release download v1",
    "gh extension install someone/something",
    "eval \"$(echo 'pip install build')\"",
    "python - <<'END'\nimport pip\nEND",
    "find . -exec curl https://example.com ;",
    "./install.sh",
    "$(echo curl) https://example.com",
    "python install.py",
    "echo 'not closed",
]
SAFE = [
    LOCKED,
    LOCKED.replace(" --requirement", " \\\n  --requirement"),
    '"$RUNNER_TEMP/empty/bin/pip" install --quiet --no-index dist/*.whl',
    "python -m pip install --no-index --no-build-isolation --editable .",
    'python -m venv "$RUNNER_TEMP/empty"',
    'python=$("$PIP" -m uv python find --no-project "$PYTHON")\n"$python" .ci/release build',
    "# pip install build\nmake dist # curl",
    "AMBIENT_REQUIRE_LIVE=1 make test",
]


@pytest.mark.parametrize("script", SHELL)
def test_what_installs_without_is_found_in_a_script(script: str) -> None:
    assert offenders(script) != []
    assert offenders(f"set -e\nmake dist\n{script}\n") != []


@pytest.mark.parametrize("script", SAFE)
def test_what_installs_by_hash_is_not_named(script: str) -> None:
    assert offenders(script) == []


@pytest.mark.parametrize(
    "recipe",
    [
        "$(BIN)/pip install --quiet build",
        "@$(PYTHON) -m pip install build",
        "-curl https://example.com",
        "$(PIP) install build",
        '"$$(curl https://example.com)"',
    ],
)
def test_what_installs_without_is_found_in_a_makefile(recipe: str) -> None:
    assert make_offenders(f"PYTHON ?= python3\nVENV := .venv\nBIN := $(VENV)/bin\n\ndist:\n\t{recipe}\n") != []


def test_settings_are_found_in_a_makefile() -> None:
    assert make_offenders("export PIP_INDEX_URL := https://example.com\n") == ["PIP_INDEX_URL"]


JOB = """\
jobs:
  one:
    runs-on: ubuntu-24.04
    steps:
"""
COMMIT = "3d3c42e5aac5ba805825da76410c181273ba90b1"


@pytest.mark.parametrize(
    "workflow",
    [
        JOB + "    - run: pip install build\n",
        JOB + "    - {run: make dist, shell: pwsh}\n",
        JOB + "    - {run: make dist, env: {PIP_INDEX_URL: https://example.com}}\n",
        JOB + "    - uses: actions/checkout@v7\n",
        JOB + "    - uses: actions/checkout@main\n",
        JOB + "    - uses: actions/checkout@3d3c42e\n",
        JOB + "    - uses: docker://alpine:3\n",
        JOB + f"    - {{uses: actions/setup-python@{COMMIT}, with: {{python-version: '3.13', pip-install: build}}}}\n",
        JOB + "    - run: make dist\n    container: python:3.13\n",
        JOB + "    - run: make dist\n    container: {image: 'quay.io/pypa/manylinux_2_28_x86_64:latest'}\n",
        JOB + "    - run: make dist\n    services: {registry: {image: 'registry:2'}}\n",
        "env: {GOFLAGS: -mod=mod}\n" + JOB + "    - run: make dist\n",
        f"jobs: {{one: {{uses: someone/else/.github/workflows/x.yml@v1}}, two: {{uses: a/b@{COMMIT}}}}}\n",
    ],
)
def test_what_installs_without_is_found_in_a_workflow(workflow: str) -> None:
    assert len(workflow_offenders(workflow)) == 1


def test_what_is_pinned_is_not_named() -> None:
    digest = f"alpine@sha256:{'0' * 64}"
    steps = f"    - uses: actions/checkout@{COMMIT}\n    - uses: docker://{digest}\n    container: {digest}\n"
    assert workflow_offenders(JOB + steps) == []


@pytest.mark.parametrize(
    "program",
    [
        'def f(python):\n    subprocess.run([python, "-m", "pip", "install", "build"], check=True)',
        'pip = [python, "-m", "pip"]\nsubprocess.run([*pip, "install", "build"])',
        'def f():\n    subprocess.run(["uv", "sync"])',
        'def f():\n    subprocess.run(["/usr/bin/curl", url])',
        'def f():\n    subprocess.run("curl x | sh", shell=True)',
        'def f():\n    os.system("pip install build")',
        'def f():\n    subprocess.run([python, "-m", "build", "--outdir", out])',
        'def f():\n    subprocess.run(["go", "install", package])',
        "def f():\n    from urllib.request import urlopen",
        "import http.client",
    ],
)
def test_what_installs_without_is_found_in_a_program(program: str) -> None:
    assert python_offenders(program) != []


@pytest.mark.parametrize(
    ("path", "find"),
    [
        *((path, workflow_offenders) for path in WORKFLOWS),
        (ROOT / "Makefile", make_offenders),
        (ROOT / ".ci/release/environment.py", python_offenders),
        (ROOT / ".ci/release/wheel.py", python_offenders),
    ],
    ids=lambda value: name_of(value) if isinstance(value, Path) else "",
)
def test_each_flag_is_missed_when_it_is_gone(path: Path, find: Callable[[str], list[str]]) -> None:
    """The counter-proof, on what is really run."""
    content = text(path)
    flags = [*re.finditer(r"--(require-hashes|no-index|only-binary|no-isolation|no-build-isolation)", content)]
    assert flags
    for flag in flags:
        assert find(content[: flag.start()] + "--quiet" + content[flag.end() :]), content[
            flag.start() - 80 : flag.end()
        ]
