"""istiod, as the snapshot shows it: whose version's rules decide about waypoints and policies."""

from __future__ import annotations

from msgspec import Struct

from kubectl_ambient.cluster.installation_facts import Istiod
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.evidence import Evidence
from kubectl_ambient.mesh.installation import istiod_versions, versions
from kubectl_ambient.mesh.installation.clues import of_istiod
from kubectl_ambient.mesh.installation.istiod_pods import named_by, running
from kubectl_ambient.mesh.installation.istiod_settings import ambient
from kubectl_ambient.mesh.installation.settings import Told
from kubectl_ambient.mesh.installation.versions import Named, Version
from kubectl_ambient.mesh.installation.which_version import Written, in_chart_labels, in_image, most_exact, narrowed


class World(Struct, frozen=True, gc=False):
    """One istiod's rules. `version` is the one that is judged by, `told` what its objects say.

    exact: that is not the first patch of a minor for want of another (a tag `1.24`).
    """

    version: Version
    told: Told
    exact: bool = True


class ControlPlane(Struct, frozen=True):
    """The rules that may decide: one world, or several where versions differ or are not known, oldest first."""

    worlds: tuple[World, ...]
    assumptions: tuple[str, ...] = ()

    @property
    def newest(self) -> World:
        """The newest of them."""
        return self.worlds[-1]

    @property
    def rules(self) -> str:
        """Whose rules are applied: `1.30.3`, `1.24` where the patch is not known, `1.22 to 1.31`."""
        if self.known and self.newest.exact:
            return str(self.newest.version)
        oldest = self.newest if self.known else self.worlds[0]
        return versions.span([oldest.version, self.newest.version])

    @property
    def known(self) -> bool:
        """Whether the version of every istiod is known."""
        return all(world.told.value is not None for world in self.worlds)


def control_plane(snapshot: Snapshot) -> ControlPlane:
    """Find istiod's versions: the image tag of its pods, else of its Deployment, else the labels of its chart.

    Several revisions are all asked, but for those without ambient: they know no waypoint, and decide nothing.
    """
    every, unread = snapshot.istiods.known, snapshot.istiods.refusal
    istiods = [istiod for istiod in every if ambient(istiod).switch != "off"] or every
    shown = named_by(running(snapshot)) if not istiods else []
    if shown:
        return _worlds(shown)
    if unread:
        return _every_version(
            snapshot, str(unread), Evidence("Deployment/istiod", f"spec ({unread})", None, seen=False)
        )
    if not istiods:
        where = "the files hold" if snapshot.from_files else "the cluster has"
        missing = Evidence("Deployment/istiod", "metadata.labels[app]=istiod", None)
        return _every_version(snapshot, f"{where} no Deployment with the label app=istiod", missing)
    found = {istiod.ref: written_of(istiod, snapshot) for istiod in istiods}
    unnamed = next((istiod for istiod in istiods if not found[istiod.ref]), None)
    if unnamed is not None:
        told = _unnamed(unnamed)
        return _every_version(snapshot, f"nothing on {told.object} names it", told)
    return _worlds([written for of_one in found.values() for written in of_one])


def _worlds(found: list[Written]) -> ControlPlane:
    known = sorted({written.named: written for written in found}.values(), key=lambda written: written.named)
    return ControlPlane(tuple(map(_world, known)), tuple(_assumptions([written.named for written in known])))


def _world(written: Written) -> World:
    """No rule about waypoints changed within a minor, so that of any patch is that of all."""
    named = written.named
    return World(versions.judged_as(named.version), Told(named.text, written.evidence), named.exact)


def running_versions(snapshot: Snapshot) -> list[Version]:
    """The versions of all istiods that are known, oldest first."""
    istiods = snapshot.istiods.known
    found = [written for istiod in istiods for written in written_of(istiod, snapshot)] or named_by(running(snapshot))
    return sorted({written.named.version for written in found})


def written_of(istiod: Istiod, snapshot: Snapshot) -> list[Written]:
    """The versions that its pods name where these were read, else its Deployment; none where nothing names one."""
    if found := named_by(running(snapshot, istiod)):
        return found
    written = written_on(istiod)
    return [written] if written else []


def written_on(istiod: Istiod) -> Written | None:
    """The version that its Deployment names: by its image, else by a label of its chart, or what of them is exact."""
    ref = f"Deployment/{istiod.namespace}/{istiod.name}"
    image = istiod.container.image if istiod.container else ""
    on_image = in_image(image, Evidence(ref, "spec.template.spec.containers[0].image", image))
    return most_exact([*on_image, *in_chart_labels(istiod.labels, ref)])


def _unnamed(istiod: Istiod) -> Evidence:
    image = istiod.container.image if istiod.container else None
    ref = f"Deployment/{istiod.namespace}/{istiod.name}"
    return Evidence(ref, "spec.template.spec.containers[0].image", image)


def _every_version(snapshot: Snapshot, why: str, evidence: Evidence) -> ControlPlane:
    told = Told(None, evidence)
    possible, seen = narrowed(istiod_versions.EVERY_BEHAVIOUR, of_istiod(snapshot))
    asked = f"every version from {versions.span(possible)} was asked{', as ' if seen else ''}{', and '.join(seen)}"
    return ControlPlane(
        tuple(World(v, told) for v in possible), (f"the version of istiod is not known ({why}): {asked}",)
    )


def version_of(istiod: Istiod) -> tuple[Version | None, Told]:
    """Its version, None where nothing names one, and where that stands."""
    written = written_on(istiod)
    if written is None:
        return None, Told(None, _unnamed(istiod))
    return written.named.version, Told(written.named.text, written.evidence)


def _assumptions(found: list[Named]) -> list[str]:
    told = [
        f"istiod {named.text} is newer than 1.31, the newest whose rules are known: judged as 1.31"
        for named in found
        if named.version.minor_version > versions.NEWEST_MINOR
    ]
    if len(found) > 1:
        told.append(f"there is more than one istiod ({', '.join(named.text for named in found)}): each was asked")
    return told
