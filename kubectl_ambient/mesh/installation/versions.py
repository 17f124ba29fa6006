"""Istio versions, and what changed in which of them.

Each predicate names one change of behaviour. The facts were read from Istio's source at every patch tag from
1.22.0 to 1.31.0-rc.0; `docs/versions.md` holds the table.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from msgspec import Struct

# A number is one only to its end: `alpha.527f8d6` is the hash of a build, and `1.20240605` a day.
_TAG = re.compile(
    r"(?:^|[^\d.])(v?(1)\.(\d{1,3})(?!\d)(?:\.(\d{1,9})(?!\d))?(?:-(alpha|beta|rc)(?:\.(\d{1,9})(?![\dA-Za-z]))?)?)",
    re.ASCII,
)
_STAGE = {"alpha": 0, "beta": 1, "rc": 2}
_FINAL = 3


class Version(Struct, frozen=True, order=True):
    """A version of Istio, ordered as releases are: 1.31.0-alpha < 1.31.0-beta < 1.31.0-rc < 1.31.0."""

    major: int
    minor: int
    patch: int = 0
    stage: int = _FINAL
    serial: int = 0

    def __str__(self) -> str:
        text = f"{self.major}.{self.minor}.{self.patch}"
        if self.stage == _FINAL:
            return text
        stage = next(name for name, number in _STAGE.items() if number == self.stage)
        return f"{text}-{stage}.{self.serial}"

    @property
    def minor_version(self) -> tuple[int, int]:
        """(1, 30) of 1.30.3."""
        return (self.major, self.minor)


class Named(Struct, frozen=True, order=True):
    """A version as somebody wrote it. `text` is what was written, from the version on: `1.28.1-solo-fips-distroless`.

    exact: it says which patch. Of `1.24` that is not known: `version` then is the first of that minor.
    """

    version: Version
    text: str
    exact: bool


@lru_cache(maxsize=256)  # every node has its agents, and all of them mostly one image
def named(tag: str) -> Named | None:
    """The version that an image tag or a chart label names: `1.30.3-distroless`, `v1.31.0-rc.0`, `cni-1.30.3`.

    None where it names none (`latest`, a date, an empty text).
    """
    found = _TAG.search(tag)
    if not found:
        return None
    _, major, minor, patch, stage, serial = found.groups()
    version = Version(int(major), int(minor), int(patch or 0), _STAGE.get(stage or "", _FINAL), int(serial or 0))
    return Named(version, tag[found.start(1) :], patch is not None or stage is not None)


def parse(tag: str) -> Version | None:
    """The version alone."""
    found = named(tag)
    return found.version if found else None


def tag_of(image: str) -> str:
    """The tag of an image reference; a digest (`@sha256:…`) and a registry's port are none."""
    _, colon, tag = image.partition("@")[0].rpartition(":")
    return tag if colon and "/" not in tag else ""


def of_image(image: str) -> Version | None:
    """The version in the tag of an image reference."""
    return parse(tag_of(image))


OLDEST = Version(1, 22, 0)
NEWEST = Version(1, 31, 0)
NEWEST_MINOR = NEWEST.minor_version

# One version of each behaviour of enrolment in each minor, oldest first: where the version is not known, a pod is
# judged by all that may be.
EVERY_BEHAVIOUR = (
    Version(1, 22, 0),
    Version(1, 22, 8),
    Version(1, 23, 0),
    Version(1, 24, 0),
    Version(1, 24, 6),
    Version(1, 25, 0),
    Version(1, 26, 0),
    Version(1, 27, 0),
    Version(1, 28, 0),
    Version(1, 29, 0),
    Version(1, 29, 7),
    Version(1, 30, 0),
    Version(1, 30, 4),
    Version(1, 31, 0),
)


def _fixed_in(version: Version, *fixes: tuple[int, int, int]) -> bool:
    """Whether a fix that was carried back to several minors is in this version; `fixes` in ascending order."""
    for major, minor, patch in fixes:
        if version.minor_version == (major, minor):
            return version >= Version(major, minor, patch)
    newest = fixes[-1]
    return version.minor_version > (newest[0], newest[1])


def judged_as(version: Version) -> Version:
    """The version whose rules are applied: itself, or the newest known one for a later minor."""
    return NEWEST if version.minor_version > NEWEST_MINOR else version


def of_minor(version: Version) -> tuple[Version, ...]:
    """One version of each behaviour in the minor of this one; itself where its rules are not known."""
    return tuple(v for v in EVERY_BEHAVIOUR if v.minor_version == version.minor_version) or (version,)


def minor_of(version: Version) -> str:
    """`1.24`."""
    return f"{version.major}.{version.minor}"


def span(found: Sequence[Version]) -> str:
    """`1.25 to 1.26`, of versions in order; `1.24` where they are of one minor."""
    oldest, newest = minor_of(found[0]), minor_of(found[-1])
    return oldest if oldest == newest else f"{oldest} to {newest}"


def checks_host_network(version: Version) -> bool:
    """Whether the eligibility function refuses `spec.hostNetwork` pods.

    Absent in 1.22.0 and 1.22.1, present from 1.22.2 to 1.26, lost in 1.27.0 by the rewrite to selectors, back in
    1.31.0-beta.0 and in the patches after 1.29.6 and 1.30.3 [cni/pkg/util: podutil.go, enablement_selector.go;
    PR 61168].
    """
    if version < Version(1, 27, 0, 0):
        return version >= Version(1, 22, 2)
    return version >= Version(1, 31, 0, 1) or _fixed_in(version, (1, 29, 7), (1, 30, 4), (1, 31, 0))


def refuses_host_netns(version: Version) -> bool:
    """Whether the agent refuses to write rules into the node's own network namespace: 1.24.4+, 1.25.0+.

    Before, nothing guarded it but the check of `spec.hostNetwork` [cni/pkg/nodeagent: podcgroupns].
    """
    return _fixed_in(version, (1, 24, 4), (1, 25, 0))


def has_selectors(version: Version) -> bool:
    """Whether `AMBIENT_ENABLEMENT_SELECTOR` decides (1.27.0+), and not the labels as such."""
    return version >= Version(1, 27, 0, 0)


def has_bypass(version: Version) -> bool:
    """Whether `ambient.istio.io/bypass-inbound-capture` is read: 1.24.0+."""
    return version >= Version(1, 24, 0, 0)


def has_pending(version: Version) -> bool:
    """Whether the agent writes `pending` before ztunnel has accepted the pod: 1.25.0+."""
    return version >= Version(1, 25, 0, 0)


def captures_dns(version: Version) -> bool:
    """Whether the chart has istio-cni capture DNS where nobody says otherwise: 1.25.0+ [istio-cni values.yaml].

    From 1.25.0 on, too, a pod's annotation `ambient.istio.io/dns-capture` beats it [cni/pkg/nodeagent].
    """
    return version >= Version(1, 25, 0, 0)


def excludes_in_json(version: Version) -> bool:
    """Whether the exclude list stands in the JSON of the key `cni_network_config`: 1.22."""
    return version.minor_version == (1, 22)


def writes_excluded(version: Version) -> bool:
    """Whether the chart renders `EXCLUDED_NAMESPACES`, which nothing reads: to 1.23.6, 1.24.4 and 1.25.1 [PR 55304]."""
    last = {23: 6, 24: 4, 25: 1}.get(version.minor)
    return last is not None and version.patch <= last


def honours_exclusion(version: Version) -> bool:
    """Whether the node agent honours the exclude list: 1.30.0+; before, only the CNI plugin did [note 59295]."""
    return version >= Version(1, 30, 0, 0)


def trims_exclusions(version: Version) -> bool:
    """Whether white space around the names of the exclude list is dropped: 1.30.0+."""
    return version >= Version(1, 30, 0, 0)


def strict_inject_values(version: Version) -> bool:
    """Whether `sidecar.istio.io/inject` takes only `true` and `false`: 1.27.0+ (istiod's version)."""
    return version >= Version(1, 27, 0, 0)
