"""All checks for risks, what each of them reads, and what could not be read of that."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import attrgetter

from msgspec import Struct

from kubectl_ambient.mesh.risks import (
    authorization,
    leaving,
    movers,
    network,
    nodes,
    platform,
    probes,
    strict,
    sweeping,
)
from kubectl_ambient.mesh.risks.catalogue import RiskCode
from kubectl_ambient.mesh.risks.risk import Risk, gravest_first
from kubectl_ambient.mesh.risks.turn import Turn
from kubectl_ambient.mesh.risks.untold import not_judged, others


class Check(Struct, frozen=True):
    """One check: the codes that it raises, the parts of a snapshot that it reads, and what it does with them.

    besides: parts of the snapshot that only some of the codes need, with these. leaving: it is about pods that leave,
    and about no others. by_restart: about pods that come in by a restart, too.
    """

    codes: tuple[RiskCode, ...]
    reads: tuple[str, ...]
    find: Callable[[Turn], Iterable[Risk]]
    besides: tuple[tuple[str, tuple[RiskCode, ...]], ...] = ()
    leaving: bool = False
    by_restart: bool = False

    @property
    def needed(self) -> Iterator[tuple[tuple[RiskCode, ...], tuple[str, ...]]]:
        """Which codes cannot be raised without which parts."""
        yield self.codes, self.reads
        yield from ((codes, (part,)) for part, codes in self.besides)

    def concerns(self, turn: Turn) -> bool:
        """Whether there are pods that it is about."""
        if turn.leaving:
            return True
        return not self.leaving and bool(turn.entering or (self.by_restart and turn.to_ztunnel))


def _bypassed(turn: Turn) -> Iterator[Risk]:
    if turn.leaving:  # who changes nothing about that does not load the rules about waypoints
        from kubectl_ambient.mesh.risks.waypoints import bypassed

        yield from bypassed(turn)


def _through_waypoints(turn: Turn) -> Iterator[Risk]:
    """The pairs that stop on their way through a waypoint; those that start, where they do not by any other."""
    if turn.served is not None:
        told = {pair for risk in turn.widened for pair in risk.affects}
        yield from turn.served.on_the_way.told(but=told)


_CALLERS = ("ingresses", "ingress_classes", "routes", "callbacks", "monitors")

CHECKS: tuple[Check, ...] = (
    Check((RiskCode.NETWORK_POLICY_BLOCKS_MESH,), ("network_policies", "on_network", "namespaces"), network.blocks),
    Check(
        (RiskCode.NETWORK_POLICY_WIDENS,),
        ("network_policies", "on_network", "namespaces"),
        attrgetter("widened"),  # which others ask for as well
    ),
    Check(
        (RiskCode.NETWORK_POLICY_BLOCKS_WAYPOINT, RiskCode.NETWORK_POLICY_WIDENS_BY_WAYPOINT),
        (),  # it names itself what was not read, where something has a waypoint
        _through_waypoints,
    ),
    Check((RiskCode.NETWORK_POLICY_BLOCKS_PROBES,), ("network_policies", "on_network"), probes.shut_out),
    Check(
        (
            RiskCode.STRICT_REFUSES_INGRESS,
            RiskCode.STRICT_REFUSES_API_SERVER,
            RiskCode.STRICT_REFUSES_SCRAPES,
            RiskCode.STRICT_REFUSES_OUTSIDE,
        ),
        ("peer_authentications", "services"),
        strict.refuses_plain_callers,
        besides=(
            ("ingresses", (RiskCode.STRICT_REFUSES_INGRESS,)),
            ("ingress_classes", (RiskCode.STRICT_REFUSES_INGRESS,)),
            ("routes", (RiskCode.STRICT_REFUSES_INGRESS,)),
            ("callbacks", (RiskCode.STRICT_REFUSES_API_SERVER,)),
            ("monitors", (RiskCode.STRICT_REFUSES_SCRAPES,)),
        ),
    ),
    Check(
        (RiskCode.STRICT_REFUSES_SIDECARS,), ("peer_authentications", "istiods", "on_network"), strict.refuses_sidecars
    ),
    Check(
        (RiskCode.POLICY_DENIES_ALL, RiskCode.POLICY_RULE_DROPPED, RiskCode.POLICY_RULE_NEVER_FIRES),
        ("authorization_policies",),
        authorization.changed_meaning,
        by_restart=True,
    ),
    Check((RiskCode.PRINCIPAL_NOBODY_PRESENTS,), ("authorization_policies",), authorization.nobody_presents),
    Check(
        (RiskCode.POLICY_REFUSES_PLAIN_CALLERS,),
        ("authorization_policies", "services", *_CALLERS),
        authorization.refuses_plain_callers,
    ),
    Check(
        (RiskCode.SIDECAR_REFUSES_MESH,),
        ("peer_authentications", "on_network"),
        strict.refused_by_sidecars,
        by_restart=True,
    ),
    Check(
        (RiskCode.POLICY_NO_LONGER_ENFORCED,),
        ("authorization_policies", "peer_authentications"),
        leaving.no_longer_enforced,
        leaving=True,
    ),
    Check(
        (RiskCode.STRICT_REFUSES_LEAVERS,),
        ("peer_authentications", "on_network"),
        leaving.refused_for_plain_text,
        leaving=True,
    ),
    Check(
        (RiskCode.POLICY_REFUSES_LEAVERS,),
        ("authorization_policies", "on_network"),
        leaving.refused_for_identity,
        leaving=True,
    ),
    Check(
        (RiskCode.WAYPOINT_POLICY_BYPASSED,),
        ("authorization_policies", "services", "gateways"),
        _bypassed,
        leaving=True,
    ),
    Check((RiskCode.PODS_CUT_OFF, RiskCode.NODE_KEEPS_OUT, RiskCode.NODE_KEEPS_IN), (), nodes.in_the_way),
    Check((RiskCode.NEW_PODS_DO_NOT_START,), (), nodes.new_pods),
    Check((RiskCode.NODE_RUNS_NO_AGENT,), (), nodes.without_agents),
    Check((RiskCode.GATEWAY_SWEPT_IN,), (), sweeping.gateways),
    Check((RiskCode.GATEWAY_OPT_OUT_LOST,), (), sweeping.opt_outs_lost),
    Check((RiskCode.INGRESS_SWEPT_IN,), ("ingress_classes",), sweeping.ingress_controllers),
    Check((RiskCode.SIDECAR_AFTER_RESTART, RiskCode.OUT_AFTER_RESTART), (), movers.next_restart),
    Check((RiskCode.SIDECAR_LEFT,), (), movers.sidecars_left),
    Check((RiskCode.OWN_REDIRECTION,), ("on_network",), movers.own_redirection),
    Check((RiskCode.JOB_INTERRUPTED,), (), movers.jobs),
    Check((RiskCode.CILIUM_SETTINGS,), ("cilium_config",), platform.cilium),
    Check((RiskCode.CALICO_SETTINGS,), ("felix_configurations",), platform.calico),
    Check((RiskCode.OVN_GATEWAY_MODE,), ("cluster_networks", "on_network"), platform.ovn_kubernetes),
    Check((RiskCode.SECURITY_GROUPS_FOR_PODS,), ("vpc_cni_daemonsets", "on_network"), platform.vpc_cni),
    Check((RiskCode.LONG_CONNECTIONS_CUT,), ("services",), movers.long_connections),
)


OF_WAYPOINTS: tuple[RiskCode, ...] = (RiskCode.WAYPOINT_POLICY_LOST,)
"""What only a change of waypoint labels risks: see `waypoints.lost`."""


def risks(turn: Turn) -> list[Risk]:
    """What the change risks, gravest first."""
    return gravest_first(risk for check in CHECKS for risk in check.find(turn))


def untold(turn: Turn) -> Iterator[str]:
    """What could not be judged, and why."""
    concerned = (check for check in CHECKS if check.concerns(turn))
    yield from not_judged(turn, (needed for check in concerned for needed in check.needed))
    yield from strict.of_unknown_gateways(turn)
    yield from network.unknown(turn)
    yield from turn.served.on_the_way.untold if turn.served is not None else ()
    yield from others(turn)


def told(found: Sequence[Risk]) -> dict[str, int]:
    """How many there are of each severity."""
    return {grave: sum(risk.severity == grave for risk in found) for grave in ("error", "warning", "info")}
