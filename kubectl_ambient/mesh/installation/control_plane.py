"""istiod, as the snapshot shows it: whose version's rules decide about waypoints and policies."""

from __future__ import annotations

from msgspec import Struct

from kubectl_ambient.cluster.facts import Istiod
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.evidence import Evidence
from kubectl_ambient.mesh.installation import istiod_versions, versions
from kubectl_ambient.mesh.installation.istiod_pods import running, versions_of_pods
from kubectl_ambient.mesh.installation.settings import Told
from kubectl_ambient.mesh.installation.versions import Version

_CHART_LABELS = ("app.kubernetes.io/version", "helm.sh/chart")


class World(Struct, frozen=True, gc=False):
    """One istiod's rules. `version` is the one that is judged by, `told` what its objects say."""

    version: Version
    told: Told


class ControlPlane(Struct, frozen=True):
    """The rules that may decide: one world, or several where versions differ or are not known, oldest first."""

    worlds: tuple[World, ...]
    assumptions: tuple[str, ...] = ()

    @property
    def newest(self) -> World:
        """The newest of them."""
        return self.worlds[-1]

    @property
    def known(self) -> bool:
        """Whether the version of every istiod is known."""
        return all(world.told.value is not None for world in self.worlds)


def control_plane(snapshot: Snapshot) -> ControlPlane:
    """Find istiod's versions: the image tag of its pods, else of its Deployment, else the labels of its chart.

    Several revisions are all asked: which of them a ztunnel listens to is not written on any object that is read.
    """
    istiods, unread = snapshot.istiods.known, snapshot.istiods.refusal
    shown = versions_of_pods(running(snapshot)) if not istiods else []
    if shown:
        return _worlds(shown)
    if unread:
        return _every_version(str(unread), Evidence("Deployment/istiod", f"spec ({unread})", None))
    if not istiods:
        where = "the files hold" if snapshot.from_files else "the cluster has"
        missing = Evidence("Deployment/istiod", "metadata.labels[app]=istiod", None)
        return _every_version(f"{where} no Deployment with the label app=istiod", missing)
    found: list[tuple[Version | None, Told]] = []
    for istiod in istiods:
        found += versions_of_pods(running(snapshot, istiod)) or [_version_of(istiod)]
    unknown = next((told for version, told in found if version is None), None)
    if unknown is not None:
        return _every_version(f"nothing on {unknown.evidence.object} names it", unknown.evidence)
    return _worlds([(version, told) for version, told in found if version])


def _worlds(found: list[tuple[Version, Told]]) -> ControlPlane:
    known = sorted(dict(found).items(), key=lambda pair: pair[0])
    return ControlPlane(
        tuple(World(versions.judged_as(version), told) for version, told in known),
        tuple(_assumptions([version for version, _ in known])),
    )


def _version_of(istiod: Istiod) -> tuple[Version | None, Told]:
    ref = f"Deployment/{istiod.namespace}/{istiod.name}"
    image = istiod.container.image if istiod.container else None
    told = Evidence(ref, "spec.template.spec.containers[0].image", image)
    version = versions.of_image(image or "")
    for key in _CHART_LABELS:
        if version is None and key in istiod.labels:
            value = istiod.labels[key]
            version, told = versions.parse(value), Evidence(ref, f"metadata.labels[{key}]", value)
    return version, Told(str(version) if version else None, told)


def _every_version(why: str, evidence: Evidence) -> ControlPlane:
    told = Told(None, evidence)
    assumption = f"the version of istiod is not known ({why}): every version from 1.22 to 1.31 was asked"
    return ControlPlane(tuple(World(v, told) for v in istiod_versions.EVERY_BEHAVIOUR), (assumption,))


def _assumptions(found: list[Version]) -> list[str]:
    told = [
        f"istiod {version} is newer than 1.31, the newest whose rules are known: judged as 1.31"
        for version in found
        if version.minor_version > versions.NEWEST_MINOR
    ]
    if len(found) > 1:
        told.append(f"there is more than one istiod ({', '.join(map(str, found))}): each was asked")
    return told
