"""What the real kubectl does with the files of issue 10: it knows the same bombs, and names the same links."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.cli.test_hostile_files import ALIASES, GOOD, HEAD, MERGES, run
from tests.rig.cache import built_folder

pytestmark = pytest.mark.live
BUILT = built_folder()


def kubectl(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    assert BUILT
    command = [str(BUILT / "bin" / "kubectl"), "label", "--local", "a=b", "-o", "name", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize("bomb", [ALIASES, MERGES])
def test_6_the_same_bombs(bomb: str, tmp_path: Path) -> None:
    (tmp_path / "in.yaml").write_text(HEAD + bomb)
    theirs, ours = kubectl(tmp_path, "-f", "in.yaml"), run("enable --local -f in.yaml", tmp_path)
    words = "document contains excessive aliasing"
    assert words in theirs.stderr
    assert words in ours.stderr
    assert (theirs.returncode, ours.returncode) == (1, 1)


def test_8_the_same_links(tmp_path: Path) -> None:
    folder = tmp_path / "d"
    folder.mkdir()
    (folder / "good.yaml").write_text(GOOD)
    for name, to in (("loop.yaml", "loop.yaml"), ("gone.yaml", "nowhere"), ("self.yaml", "../d"), ("up", "..")):
        (folder / name).symlink_to(to)
    theirs, ours = kubectl(tmp_path, "-R", "-f", "d"), run("enable --local -R -o name -f d", tmp_path)
    assert theirs.stdout == ours.stdout == "pod/web\n"
    for name in ("loop.yaml", "gone.yaml", "self.yaml"):
        assert f"d/{name}" in theirs.stderr
        assert f"d/{name}" in ours.stderr
    assert "d/up" not in theirs.stderr + ours.stderr
    assert (theirs.returncode, ours.returncode) == (1, 1)
