"""The krew manifest, and the template that krew-release-bot makes it of, from the version and the address alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from . import archive
from .project import DIST, HOMEPAGE, PLATFORMS, PLUGIN, PROGRAM, ROOT, VERSION, Platform, ReleaseError

TREE = ROOT / "plugin.yaml"
TEMPLATE = Path(__file__).with_name("krew.yaml")
PLACEHOLDER = "0" * 64
_TAG = "{{ .TagName }}"

_MADE = "# Made by `make manifest` from kubectl_ambient/__init__.py.\n"
_UNRELEASED = (
    "# The sums are placeholders: v{version} is not released. A release has a manifest with those of its archives\n"
    "# beside them (ambient.yaml).\n"
)
_FOR_THE_BOT = "# What krew-release-bot makes the manifest of in krew-index of, after a release.\n"
_HEAD = """\
apiVersion: krew.googlecontainertools.github.com/v1alpha2
kind: Plugin
metadata:
  name: {plugin}
spec:
  version: {tag}
  homepage: {homepage}
  shortDescription: Which pods are in Istio ambient mode, and why
  description: |
    Tells for every pod of a cluster whether it is in Istio's ambient mode,
    whether it should be, and why: rule by rule, with the object, field and
    value that each answer stands on. Puts namespaces, workloads and pods into
    ambient mode and takes them out, and tells beforehand what that moves.

    Knows the rules of Istio 1.22 to 1.31. Reads a cluster or manifests.
    Needs no more than get and list; says what it could not read.
  platforms:
"""
_PLATFORM = """\
  - selector:
      matchLabels:
        os: {os}
        arch: {arch}
    {source}
    bin: {binary}
"""


def address(platform: Platform, tag: str) -> str:
    """Where a release keeps the archive of a platform."""
    return f"{HOMEPAGE}/releases/download/{tag}/{platform.archive(tag.removeprefix('v'))}"


def manifest(sums: Mapping[Platform, str], version: str = VERSION) -> str:
    """The manifest of these platforms, with the sums of their archives."""
    return _render(
        f"v{version}",
        {p: f'uri: {address(p, f"v{version}")}\n    sha256: "{total}"' for p, total in sums.items()},
    )


def in_the_tree() -> str:
    """plugin.yaml, of a version that may not be released yet."""
    return _MADE + _UNRELEASED.format(version=VERSION) + manifest(dict.fromkeys(PLATFORMS, PLACEHOLDER))


def template() -> str:
    """The template of krew-release-bot, which puts in the tag, and the sums of what it downloads."""
    calls = {p: f'{{{{addURIAndSha "{_template_address(p)}" .TagName }}}}' for p in PLATFORMS}
    return _MADE + _FOR_THE_BOT + _render(_TAG, calls)


def _template_address(platform: Platform) -> str:
    return f"{HOMEPAGE}/releases/download/{_TAG}/{PROGRAM}_{_TAG}_{platform.os}_{platform.arch}.{platform.suffix}"


def _render(tag: str, sources: Mapping[Platform, str]) -> str:
    platforms = (
        _PLATFORM.format(os=p.os, arch=p.arch, source=source, binary=p.binary) for p, source in sources.items()
    )
    return _HEAD.format(plugin=PLUGIN, tag=tag, homepage=HOMEPAGE) + "".join(platforms)


def write_tree() -> list[Path]:
    """Write what the tree holds; the files."""
    for path, content in ((TREE, in_the_tree()), (TEMPLATE, template())):
        path.write_text(content, encoding="utf-8", newline="\n")
    return [TREE, TEMPLATE]


def write_release(dist: Path = DIST, *, every: bool) -> Path:
    """Write ambient.yaml of the archives in `dist`. Raises ReleaseError if there is none, or with `every` not all."""
    archives = {p: dist / p.archive() for p in PLATFORMS}
    missing = [path.name for path in archives.values() if not path.is_file()]
    if missing and (every or len(missing) == len(PLATFORMS)):
        raise ReleaseError(f"not in {dist}: {', '.join(missing)}")
    target = dist / f"{PLUGIN}.yaml"
    sums = {p: archive.sha256(path) for p, path in archives.items() if path.is_file()}
    target.write_text(manifest(sums), encoding="utf-8", newline="\n")
    return target
