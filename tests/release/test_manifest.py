"""What krew reads is made of the version and the address that the package has, and of sums that are true."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from release import manifest
from release.archive import sha256
from release.project import PLATFORMS, ROOT, VERSION, ReleaseError

from kubectl_ambient import HOMEPAGE


@pytest.mark.parametrize(
    ("path", "made"), [(manifest.TREE, manifest.in_the_tree), (manifest.TEMPLATE, manifest.template)]
)
def test_the_tree_holds_what_is_made(path: Path, made: object) -> None:
    assert callable(made)
    assert path.read_text(encoding="utf-8") == made(), "`make manifest` writes it anew"


def test_the_address_is_the_packages_own() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["urls"]["Homepage"] == HOMEPAGE
    assert yaml.safe_load(manifest.TREE.read_text(encoding="utf-8"))["spec"]["homepage"] == HOMEPAGE


def test_placeholders_say_that_they_are() -> None:
    content = manifest.TREE.read_text(encoding="utf-8")
    assert {p["sha256"] for p in yaml.safe_load(content)["spec"]["platforms"]} == {"0" * 64}
    assert f"The sums are placeholders: v{VERSION} is not released." in content


def test_the_bot_makes_the_same_manifest() -> None:
    """krew-release-bot puts the tag in, downloads each archive, and writes address and sum with four spaces before."""
    sums = {platform: f"{number}" * 64 for number, platform in enumerate(PLATFORMS)}
    by_name = {platform.archive(): total for platform, total in sums.items()}

    def uri_and_sha(call: re.Match[str]) -> str:
        uri = call[1].replace("{{ .TagName }}", f"v{VERSION}")
        return f"uri: {uri}\n    sha256: {by_name[uri.rpartition('/')[2]]}"

    content = re.sub(r'\{\{addURIAndSha "(.+)" \.TagName \}\}', uri_and_sha, manifest.template())
    made = yaml.safe_load(content.replace("{{ .TagName }}", f"v{VERSION}"))
    for platform in made["spec"]["platforms"]:
        platform["sha256"] = str(platform["sha256"]).zfill(64)  # YAML takes digits for a number
    assert made == yaml.safe_load(manifest.manifest(sums))


def put(folder: Path, names: list[str]) -> None:
    """Files in the place of archives."""
    for name in names:
        (folder / name).write_bytes(name.encode())


def test_a_release_has_all_sums(tmp_path: Path) -> None:
    put(tmp_path, [platform.archive() for platform in PLATFORMS])
    made = yaml.safe_load(manifest.write_release(tmp_path, every=True).read_text(encoding="utf-8"))
    platforms = made["spec"]["platforms"]
    assert [p["sha256"] for p in platforms] == [sha256(tmp_path / p.archive()) for p in PLATFORMS]
    tree = yaml.safe_load(manifest.TREE.read_text(encoding="utf-8"))["spec"]["platforms"]
    assert [{**p, "sha256": ""} for p in platforms] == [{**p, "sha256": ""} for p in tree]


def test_a_release_with_a_gap_is_refused(tmp_path: Path) -> None:
    first, *rest = (platform.archive() for platform in PLATFORMS)
    put(tmp_path, rest)
    with pytest.raises(ReleaseError, match=re.escape(first)):
        manifest.write_release(tmp_path, every=True)
    assert not (tmp_path / "ambient.yaml").exists()


def test_one_machine_has_its_own_platform_only(tmp_path: Path) -> None:
    put(tmp_path, [PLATFORMS[0].archive()])
    made = yaml.safe_load(manifest.write_release(tmp_path, every=False).read_text(encoding="utf-8"))
    assert [p["selector"]["matchLabels"] for p in made["spec"]["platforms"]] == [{"os": "linux", "arch": "amd64"}]


def test_no_archive_is_no_manifest(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError):
        manifest.write_release(tmp_path, every=False)
