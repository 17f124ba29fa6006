"""Issue 10, number 6: no file keeps the program busy, and each says what is wrong with it in one sentence."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

GOOD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\n"
HEAD = "apiVersion: v1\nkind: Pod\nmetadata: {name: bomb, namespace: shop}\n"
ALIASES = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10)
)
MERGES = "a0: &a0 {k: v}\n" + "".join(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}\n" for n in range(1, 10))
READERS = ["status -A", "labels -A", "explain pod web -n shop", "waypoint list -A", "waypoint status web -n shop"]
LOCAL = ["enable --local", "disable --local", "waypoint enable --local", "waypoint disable --local"]


def run(words: str, folder: Path, *more: str, **given: object) -> subprocess.CompletedProcess[str]:
    """The real program; a hang is a failure."""
    command = [sys.executable, "-m", "kubectl_ambient", *words.split(), *more]
    environ = {**os.environ, "KUBECONFIG": "none"}
    environ = {**environ, **given.pop("environ", {})}  # type: ignore[dict-item]
    done = subprocess.run(
        command,
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        **given,  # type: ignore[call-overload]
    )
    assert "a bug in" not in done.stderr
    assert "Traceback" not in done.stderr
    return done  # type: ignore[no-any-return]


def errors(done: subprocess.CompletedProcess[str]) -> list[str]:
    return [line for line in done.stderr.splitlines() if line.startswith("error: ")]


@pytest.mark.parametrize("words", [*READERS, *LOCAL])
@pytest.mark.parametrize(("bomb", "line"), [(ALIASES, 11), (MERGES, 12)], ids=["aliases", "merges"])
def test_6_a_bomb_is_refused_and_hides_no_other(words: str, bomb: str, line: int, tmp_path: Path) -> None:
    (tmp_path / "in.yaml").write_text(f"{GOOD}---\n{HEAD}{bomb}---\n{GOOD.replace('web', 'later')}")
    done = run(words, tmp_path, "-f", "in.yaml")
    sentence = f"error: in.yaml: document 2: not YAML: document contains excessive aliasing (line {line})"
    assert sentence in errors(done)
    assert done.returncode == 1
    if words in LOCAL:
        assert "name: web" in done.stdout
        assert "name: later" in done.stdout
        assert "bomb" not in done.stdout


@pytest.mark.parametrize("words", ["status -A", "enable --local"])
@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "- " * 100_000 + "x"])
def test_6_depth_is_refused(words: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "in.yaml").write_text(text)
    done = run(words, tmp_path, "-f", "in.yaml")
    (told,) = errors(done)
    assert told in (
        "error: in.yaml: not YAML: nested too deeply (line 1)",
        "error: in.yaml: not YAML: exceeded maximum nesting depth (line 1)",
    )
    assert (done.returncode, done.stdout) == (1, "")


@pytest.mark.parametrize("output", [[], ["-o", "json"], ["-o", "yaml"], ["-o", "name"]])
@pytest.mark.parametrize("text", ["x: " + "[" * 190 + "]" * 190, '"x": ' + '{"a":' * 190 + "1" + "}" * 190])
def test_6_what_is_deep_but_allowed_gets_through_every_output(text: str, output: list[str], tmp_path: Path) -> None:
    body = f'{{"apiVersion": "v1", "kind": "Namespace", "metadata": {{"name": "shop"}}, {text}}}'
    (tmp_path / "in.json").write_text(body)
    done = run("enable --local", tmp_path, "-f", "in.json", *output)
    assert (done.returncode, done.stderr) == (0, "")
    assert "shop" in done.stdout


@pytest.mark.parametrize("words", ["status -A", "labels -A", "enable --local"])
def test_6_problems_are_summed_up(words: str, tmp_path: Path) -> None:
    (tmp_path / "in.yaml").write_text("apiVersion: v1\nkind: List\nitems: [{}]\n---\n" * 3000)
    done = run(words, tmp_path, "-f", "in.yaml")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 21
    assert errors(done)[0] == "error: in.yaml: document 1: items[0]: no Kubernetes object: kind is not set"
    assert errors(done)[-1] == "error: in.yaml: and 2980 more problems"


def test_6_how_large_a_file_is_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "in.yaml").write_text(GOOD + ("---\n" + "# a long remark\n" * 22_000) * 100)
    done = run("status -A -o name", tmp_path, "-f", "in.yaml")
    assert (done.returncode, done.stdout) == (0, "pod/web\n")
    assert "reading in.yaml: 35 MB" in done.stderr


@pytest.mark.parametrize("bomb", [ALIASES, MERGES, "x: &a [*a]\n", "x: !!timestamp never\ny: !!int ''\nz: !!bool a\n"])
def test_6_a_bomb_in_the_kubeconfig(bomb: str, tmp_path: Path) -> None:
    (tmp_path / "config").write_text(f"apiVersion: v1\nkind: Config\n{bomb}")
    done = run("status", tmp_path, environ={"KUBECONFIG": "config"})
    assert done.returncode == 1
    if "&" in bomb:
        (told,) = errors(done)
        assert told.startswith('error: error loading config file "config": yaml: line ')


def test_6_numbers_that_cannot_be_written_again_are_left(tmp_path: Path) -> None:
    text = '{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}, "x": 1e999}\n'
    (tmp_path / "in.json").write_text(text)
    done = run("enable --local", tmp_path, "-f", "in.json")
    assert (done.returncode, done.stdout) == (1, text)
    assert len(errors(done)) == 1


@pytest.mark.skipif(os.name == "nt", reason="links and pipes")
def test_8_a_folder_with_loops_pipes_and_devices(tmp_path: Path) -> None:
    folder = tmp_path / "d"
    (folder / "sub").mkdir(parents=True)
    for path in (folder / "good.yaml", folder / "sub" / "z.yaml"):
        path.write_text(GOOD.replace("web", path.stem))
    (folder / "loop.yaml").symlink_to("loop.yaml")
    (folder / "gone.yaml").symlink_to("nowhere")
    (folder / "zero.yaml").symlink_to("/dev/zero")
    (folder / "self.yaml").symlink_to("../d")
    (folder / "sub" / "up").symlink_to("..")
    os.mkfifo(folder / "pipe.yaml")
    done = run("status -A -R -o name", tmp_path, "-f", "d")
    assert (done.returncode, done.stdout.split()) == (1, ["pod/good", "pod/z"])
    assert errors(done) == [
        "error: d/gone.yaml: cannot be read: No such file or directory",
        "error: d/loop.yaml: cannot be read: Too many levels of symbolic links",
        "error: d/pipe.yaml: cannot be read: it is no regular file",
        "error: d/self.yaml: cannot be read: it is a link to a folder",
        "error: d/zero.yaml: cannot be read: it is no regular file",
    ]


@pytest.mark.skipif(os.name == "nt", reason="devices")
@pytest.mark.parametrize("words", ["status -A", "enable --local"])
def test_8_a_device_is_refused(words: str, tmp_path: Path) -> None:
    done = run(words, tmp_path, "-f", "/dev/zero")
    assert (done.returncode, errors(done)) == (1, ["error: /dev/zero: cannot be read: is a device"])
    done = run(words, tmp_path, "-f", "/dev/null")
    assert (done.returncode, errors(done)) == (1, ["error: /dev/null: empty: no object in it"])


@pytest.mark.skipif(os.name == "nt", reason="pipes")
def test_8_a_named_pipe_is_read_to_its_end(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(["sh", "-c", "cat > pipe"], stdin=subprocess.PIPE, cwd=tmp_path, text=True) as writer:
        assert writer.stdin
        writer.stdin.write(GOOD)
        writer.stdin.close()
        assert run("status -A -o name", tmp_path, "-f", "pipe").stdout == "pod/web\n"


@pytest.mark.skipif(os.name == "nt", reason="descriptors")
@pytest.mark.parametrize("words", ["status -A", "labels -A", "enable --local", "waypoint enable --local"])
def test_10_standard_input_that_is_closed(words: str, tmp_path: Path) -> None:
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" <&-', "sh", sys.executable, "-m", "kubectl_ambient", *words.split(), "-f", "-"],
        cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "error: -: cannot be read: standard input is closed\n"
