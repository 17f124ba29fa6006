"""What an istiod was told by its environment: whether it serves ambient, whom it trusts, what else it does for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from kubectl_ambient.cluster.facts import AgentContainer, EnvVar
from kubectl_ambient.cluster.installation_facts import Istiod
from kubectl_ambient.mesh.evidence import Evidence

AMBIENT = "PILOT_ENABLE_AMBIENT"
TRUSTED = "CA_TRUSTED_NODE_ACCOUNTS"
PREFERS_HBONE = "PILOT_PREFER_SENDING_HBONE"
UNTAINTS = "PILOT_ENABLE_NODE_UNTAINT_CONTROLLERS"
SHARED_MESH = "SHARED_MESH_CONFIG"

_GO_TRUE = {"1", "t", "T", "true", "TRUE", "True"}
_CONTAINER = "spec.template.spec.containers[0]"

Switch = Literal["on", "off", "unknown"]


class Variable(Struct, frozen=True, gc=False):
    """A variable of a container's environment. `value` is None where it is not set, or (`known` is False) not told."""

    value: str | None
    known: bool
    evidence: Evidence

    @property
    def switch(self) -> Switch:
        """As Go reads a boolean; what is not set or no boolean is off, the default of all that are asked for here."""
        if not self.known:
            return "unknown"
        return "on" if self.value in _GO_TRUE else "off"


def variable(container: AgentContainer | None, key: str, ref: str, path: str = _CONTAINER) -> Variable:
    """A variable as the container gets it, the last of that name.

    Not told where it comes from elsewhere (`valueFrom`, `envFrom`), nor by a container without any variable: every
    chart of Istio sets some, so that one was not shown as it runs.
    """
    found: EnvVar | None = None
    if container is not None:
        found = next((v for v in reversed(container.env) if v.name == key), None)
    evidence = Evidence(ref, f"{path}.env[{key}]", found.value if found else None)
    if found is not None:
        return Variable(found.value, found.value is not None, evidence)
    whole = container is not None and bool(container.env) and not container.env_from
    return Variable(None, whole, evidence)


def ambient(istiod: Istiod) -> Variable:
    """Whether it serves ambient: without that it sends nothing to ztunnels and knows no waypoint.

    Off where it is not set, in every version [pilot/pkg/features/ambient.go; the profile `ambient` sets it].
    """
    return variable(istiod.container, AMBIENT, istiod.ref)


def untaints(istiod: Istiod) -> Variable:
    """Whether it takes the taint `cni.istio.io/not-ready` off nodes. Off by default [pilot/pkg/features]."""
    return variable(istiod.container, UNTAINTS, istiod.ref)


def trusted_accounts(istiod: Istiod) -> Variable:
    """The accounts that may ask for the certificates of the pods on their node; see `accounts`."""
    return variable(istiod.container, TRUSTED, istiod.ref)


def accounts(value: str | None) -> tuple[str, ...]:
    """`namespace/account` of each that is trusted; none where nothing is set [pilot/pkg/features/security.go].

    istiod does not trim, and passes over what has no slash.
    """
    return tuple(account for account in (value or "").split(",") if "/" in account)


def prefers_hbone(istiods: Iterable[Istiod]) -> bool:
    """Whether sidecars and gateways speak HBONE to what takes their own mTLS too, by one of these istiods.

    [pilot/pkg/features `PreferHBONESend`, off by default]
    """
    return any(variable(istiod.container, PREFERS_HBONE, istiod.ref).switch == "on" for istiod in istiods)
