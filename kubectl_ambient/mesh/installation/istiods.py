"""Every istiod as its objects show it: whether it serves ambient and is Ready, whom it trusts, where it looks."""

from __future__ import annotations

from functools import cached_property

from kubectl_ambient.cluster.facts import Unread
from kubectl_ambient.cluster.found import EVERYWHERE
from kubectl_ambient.cluster.installation_facts import Istiod
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.evidence import Evidence
from kubectl_ambient.mesh.installation import istiod_settings as settings
from kubectl_ambient.mesh.installation.control_plane import version_of
from kubectl_ambient.mesh.installation.istiod_settings import Switch, Variable
from kubectl_ambient.mesh.installation.mesh_config import Discovery, discovery
from kubectl_ambient.mesh.installation.settings import Told
from kubectl_ambient.mesh.installation.versions import Version

_NOT_ASKED = Unread(what="list deployments of istiod", why="not read")


class ShownIstiod:
    """One istiod; each question is answered when it is first asked."""

    def __init__(self, istiod: Istiod, snapshot: Snapshot) -> None:
        self.istiod = istiod
        self._snapshot = snapshot

    @property
    def ref(self) -> str:
        """`Deployment/istio-system/istiod`."""
        return self.istiod.ref

    @property
    def revision(self) -> str:
        """Its revision, `default` where it has none."""
        return self.istiod.revision

    @cached_property
    def told_version(self) -> tuple[Version | None, Told]:
        """Its version, None where nothing names one, and where that stands."""
        return version_of(self.istiod)

    @cached_property
    def ambient(self) -> Variable:
        """PILOT_ENABLE_AMBIENT."""
        return settings.ambient(self.istiod)

    @property
    def serves_ambient(self) -> Switch:
        """Whether it serves ambient at all."""
        return self.ambient.switch

    @cached_property
    def trusted(self) -> Variable:
        """CA_TRUSTED_NODE_ACCOUNTS."""
        return settings.trusted_accounts(self.istiod)

    @property
    def trusted_accounts(self) -> tuple[str, ...] | None:
        """Whom it trusts, as `namespace/account`; None where that is not known."""
        return settings.accounts(self.trusted.value) if self.trusted.known else None

    @property
    def untaints(self) -> Variable:
        """PILOT_ENABLE_NODE_UNTAINT_CONTROLLERS."""
        return settings.untaints(self.istiod)

    @property
    def ready(self) -> bool | None:
        """Whether any of its pods is Ready; None where nothing has counted them."""
        return None if self.istiod.ready is None else self.istiod.ready > 0

    @property
    def ready_evidence(self) -> Evidence:
        """Where that stands."""
        ready = self.istiod.ready
        return Evidence(self.ref, "status.readyReplicas", None if ready is None else str(ready))

    @cached_property
    def discovery(self) -> Discovery:
        """Which namespaces it looks at."""
        return discovery(self.istiod, self._snapshot)


def istiods(snapshot: Snapshot) -> list[ShownIstiod] | Unread:
    """All of them, by name; an Unread where they are not known, and none where there is none."""
    known = snapshot.istiods
    refusal = known.refusal or (None if known or known.covers(EVERYWHERE) else _NOT_ASKED)
    return refusal or [ShownIstiod(istiod, snapshot) for istiod in snapshot.istiods.known]
