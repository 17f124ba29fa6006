"""Finds what installs without a hash: in shell, in workflows, in the Makefile, in Python.

Turned round, so that what nobody thought of is found too: in a script, a command is named unless it is known to fetch
nothing, or only what a lock file, go.sum or a digest holds.
"""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ".ci/release/locks/"

# They fetch nothing.
HARMLESS = {"awk", "cd", "dirname", "echo", "mkdir", "mv", "rm", "sed", "set", "sha256sum", "tee", "touch"}
HARMLESS |= {"cyclonedx-py", "kubectl-ambient", "lint-imports", "mypy", "pytest", "ruff", "zizmor", ".ci/run"}
# Stands for what a command in $(…) printed; that command is looked at itself.
PRINTED = "_"
# Settings that would point pip, uv or Go elsewhere, or let Go do without its sums.
SETTINGS = re.compile(r"(PIP|UV)_\w+|GO(FLAGS|NOSUMDB|NOSUMCHECK|SUMDB|PRIVATE|INSECURE|PROXY|NOPROXY)")
ELSEWHERE = ("--index-url", "-i", "--extra-index-url", "--find-links", "-f", "--trusted-host", "--no-binary")


# Shell


def offenders(script: str) -> list[str]:
    """The commands of a script that may fetch what no hash holds."""
    try:
        return [shlex.join(words) for words in _commands(script) if not _is_safe(words)]
    except ValueError as error:
        return [f"not understood ({error}): {script}"]


def _commands(script: str) -> Iterator[list[str]]:
    inner: list[str] = []
    script = re.sub(r"\\\n", " ", script)
    script = re.sub(r"\$\(([^()]*)\)", lambda found: inner.append(found[1]) or PRINTED, script)
    for each in inner:
        yield from _commands(each)
    for line in script.splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words: list[str] = []
        tokens = iter(lexer)
        for token in tokens:
            if set(token) <= set("<>"):
                next(tokens)  # the file that is read or written
            elif set(token) <= set(";&|()"):
                yield from _without_settings(words)
                words = []
            else:
                words.append(token)
        yield from _without_settings(words)


def _without_settings(words: list[str]) -> Iterator[list[str]]:
    """A command without `NAME=value` before it, unless one of these leads pip or Go astray."""
    while words and (setting := re.match(r"(\w+)=", words[0])) and not SETTINGS.fullmatch(setting[1]):
        words = words[1:]
    if words:
        yield words


def _is_safe(words: list[str]) -> bool:
    program, rest = words[0], words[1:]
    name = program.rpartition("/")[2]
    if "`" in "".join(words):
        return False
    if program == PRINTED:
        return not rest
    if re.fullmatch(r"python[\d.]*|\$python|\$PIP", name):
        return _python_is_safe(rest)
    if re.fullmatch(r"pip[\d.]*", name):
        return _pip_is_safe(rest)
    if name == "go":
        return _go_is_safe(rest)
    if name == "gh":
        return rest[:2] == ["release", "create"]
    if name == "make":
        return all(re.fullmatch(r"[a-z-]+", word) for word in rest)
    if name == "find":
        return "-exec" not in rest or rest[rest.index("-exec") + 1] == "rm"
    if name == "export":
        return not any(SETTINGS.match(word) for word in rest)
    return program in HARMLESS or (name in HARMLESS and "/bin/" in program)


def _python_is_safe(words: list[str]) -> bool:
    match words:
        case ["-m", "venv", *_]:
            return True
        case ["-m", "pip", *rest]:
            return _pip_is_safe(rest)
        # The Pythons that it knows, it knows by their sums; of "3.13" it would take the newest.
        case ["-m", "uv", "python", "install", *rest]:
            versions = [word for word in rest if not word.startswith("-")]
            return all(word == "$PYTHON" or re.fullmatch(r"\d+\.\d+\.\d+", word) for word in versions)
        case ["-m", "uv", "python", "find", *_]:
            return True
        case ["-m", module, *_]:
            return module.startswith("tests.rig.")
        case [script, *_]:
            return (ROOT / script).exists() and script.startswith((".ci/", ".github/", "tests/"))
    return False


def _pip_is_safe(words: list[str]) -> bool:
    command, *rest = words or [""]
    if command in ("check", "list", "uninstall"):
        return True
    if command != "install" or any(word.partition("=")[0] in ELSEWHERE for word in rest):
        return False
    text = " ".join(rest)
    targets = re.sub(r"--(requirement|only-binary)[ =]\S+", "", text).split()
    targets = [word for word in targets if not word.startswith("-")]
    if "--require-hashes" in rest:
        files = re.findall(r"--requirement[ =](\S+)", text)
        held = all(file.startswith(LOCKS) and (ROOT / file).is_file() for file in files)
        return bool(files) and held and not targets and bool(re.search("--only-binary[ =]:all:", text))
    # Without an index only what lies here is installed; but to build it, pip would make an environment of its own.
    built = all(word.endswith(".whl") for word in targets) or "--no-build-isolation" in rest
    return "--no-index" in rest and built


def _go_is_safe(words: list[str]) -> bool:
    if words[:1] == ["-C"]:
        words = words[2:]
    return words[:1] in (["build"], ["tool"]) and not any("@" in word or "-mod" in word for word in words)


# Make


def make_offenders(text: str) -> list[str]:
    """The same of a Makefile's recipes."""
    known = dict(re.findall(r"^(\w+) *[?:]?= *(.*)$", text, re.MULTILINE))
    for _ in known:  # one may name another
        text = re.sub(r"\$\(([A-Z_]+)\)", lambda found: known.get(found[1], "?"), text)
    recipes = re.sub(r"\\\n", " ", text).splitlines()
    lines = [line.lstrip("\t@-").replace("$$", "$") for line in recipes if line.startswith("\t")]
    settings = [name for name in re.findall(r"^(?:export )?(\w+) *[?:+]?=", text, re.MULTILINE) if SETTINGS.match(name)]
    return [*settings, *(found for line in lines for found in offenders(line))]


# Workflows


def workflow_offenders(text: str) -> list[str]:
    """The same of a workflow's steps, with what it uses: actions by their commit, images by their digest."""
    workflow = yaml.safe_load(text)
    found = _settings(workflow)
    for job in workflow["jobs"].values():
        found += _settings(job)
        found += [image for image in _images(job) if not re.fullmatch(r"\S+@sha256:[0-9a-f]{64}", image)]
        for step in [*job.get("steps", ()), {"uses": job["uses"]} if "uses" in job else {}]:
            found += _settings(step)
            if step.get("shell", "bash") != "bash":
                found.append(f"a script for {step['shell']}")
            found += offenders(step.get("run", ""))
            found += _used(step)
    return found


def _settings(part: dict[str, Any]) -> list[str]:
    return [name for name in part.get("env", {}) if SETTINGS.fullmatch(name)]


def _images(job: dict[str, Any]) -> Iterator[str]:
    for container in [job.get("container", ""), *job.get("services", {}).values()]:
        image = container["image"] if isinstance(container, dict) else container
        if image == "${{ matrix.image }}":
            yield from (row["image"] for row in job["strategy"]["matrix"]["include"] if "image" in row)
        elif image:
            yield image


def _used(step: dict[str, Any]) -> list[str]:
    used = step.get("uses", "./")
    if used.startswith("docker://"):
        return [] if re.search(r"@sha256:[0-9a-f]{64}$", used) else [used]
    if not used.startswith("./") and not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", used):
        return [used]
    # It installs packages, too, if it is asked to.
    more = set(step.get("with", {})) - {"python-version"} if "/setup-python@" in used else set()
    return [f"{used} with {', '.join(sorted(more))}"] if more else []


# Python

_FETCH = {
    "apt",
    "apt-get",
    "bash",
    "brew",
    "cargo",
    "conda",
    "curl",
    "docker",
    "easy_install",
    "ensurepip",
    "gem",
    "npm",
}
_FETCH |= {"npx", "podman", "pipx", "sh", "uvx", "wget", "yarn"}
_NETWORK = {"aiohttp", "ensurepip", "ftplib", "http", "httpx", "pip", "requests", "socket", "urllib", "urllib3"}


def python_offenders(source: str, *, network: bool = False) -> list[str]:
    """The same of a Python program: each function at once. With `network` it may use the network itself."""
    tree = ast.parse(source)
    found = []
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module or ""]
        if not network:
            found += [f"import {name}" for name in names if name.partition(".")[0] in _NETWORK]
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("os.system", "os.popen"):
            found.append(ast.unparse(node))
        if isinstance(node, ast.keyword) and node.arg == "shell":
            found.append("shell=")
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    inside = {id(node) for function in functions for node in ast.walk(function)}
    rest = [node for node in ast.walk(tree) if id(node) not in inside]
    for part in [*([*ast.walk(function)] for function in functions), rest]:
        words = [*_words(part)]
        if any(_fetches(words)):
            found.append(" ".join(words))
    return found


def _words(nodes: list[ast.AST]) -> Iterator[str]:
    """The words of lists and calls, which is where commands stand."""
    for node in nodes:
        items = node.elts if isinstance(node, ast.List | ast.Tuple) else node.args if isinstance(node, ast.Call) else []
        for item in items:
            if isinstance(item, ast.Constant) and isinstance(item.value, str):
                yield item.value


def _fetches(words: list[str]) -> Iterator[bool]:
    held = {"--require-hashes", "--only-binary=:all:"} <= set(words) or "--no-index" in words
    programs = {word.split()[0].rpartition("/")[2] for word in words if word.split()}
    yield bool(programs & _FETCH)
    yield bool(programs & {"pip", "pip3"}) and not held and not programs >= {"uv", "compile"}
    yield "uv" in programs and bool(programs & {"add", "install", "run", "sync", "tool"})
    yield "build" in words and "-m" in words and "--no-isolation" not in words
    yield "go" in programs and bool({"install", "get", "run"} & set(words))
