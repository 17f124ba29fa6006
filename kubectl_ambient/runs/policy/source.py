"""What the policy commands read, and which policies they are about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from kubectl_ambient.cluster.found import Found
from kubectl_ambient.kube.errors import UsageError
from kubectl_ambient.kube.resources import Resource, Target, find_resource, parse_targets
from kubectl_ambient.mesh.policy.judge import PolicyJudge, PolicyVerdict
from kubectl_ambient.mesh.policy.pods import PodPolicies
from kubectl_ambient.runs.origin import Origin
from kubectl_ambient.runs.output import check_names
from kubectl_ambient.runs.place import opened
from kubectl_ambient.runs.told import Told, not_found, tell_assumptions, unknown_namespace

KINDS = ("AuthorizationPolicy", "PeerAuthentication")


class PolicyRequest(Struct, frozen=True, kw_only=True):
    """The scope: no targets and no names mean every policy; `names` are of whichever kind has them."""

    origin: Origin
    targets: tuple[Target, ...]
    names: tuple[str, ...]

    @classmethod
    def of(cls, origin: Origin, words: Sequence[str], *, named: bool = False) -> PolicyRequest:
        """Check what was typed; `named`: something must be. Raises UsageError in kubectl's words."""
        targets, names = _parsed(words)
        if named and any(target.name is None for target in targets):
            raise UsageError("error: resource(s) were provided, but no name was specified")
        chosen = bool(names) or any(target.name for target in targets)
        check_names(named=chosen, selected=False, all_namespaces=origin.all_namespaces)
        return cls(origin=origin, targets=targets, names=names)

    def wants(self, kind: str, name: str) -> bool:
        """Whether a policy of the scope's namespaces is asked about."""
        if self.names:
            return name in self.names
        return not self.targets or any(t.resource.kind == kind and t.name in (None, name) for t in self.targets)


def _parsed(words: Sequence[str]) -> tuple[tuple[Target, ...], tuple[str, ...]]:
    """`ap/allow pa/default`, `ap allow`, `ap,pa`, or names of whichever kind."""
    if not words:
        return (), ()
    if not any("/" in word for word in words) and not all(_is_policy(word) for word in words[0].split(",")):
        return (), tuple(words)
    targets = parse_targets(words)
    for target in targets:
        if target.resource.kind not in KINDS:
            raise UsageError(
                f'error: authorizationpolicies and peerauthentications are meant here, not "{target.resource.plural}"'
            )
    return tuple(targets), ()


def _is_policy(word: str) -> bool:
    try:
        found: Resource = find_resource(word)
    except UsageError:
        return False
    return found.kind in KINDS


class PolicySource(Told, kw_only=True):
    """The verdicts that were asked for, and what was wrong on the way. many: they are of several namespaces."""

    judge: PolicyJudge
    verdicts: list[PolicyVerdict]
    pods: list[PodPolicies]
    namespace: str
    many: bool

    @property
    def assumptions(self) -> list[str]:
        """What could not be read, and what was taken for granted instead."""
        return list(dict.fromkeys([*self.remarks, *self.judge.assumptions]))

    def tell_beside(self, origin: Origin) -> None:
        """Print to stderr what could not be read, and what was taken for granted."""
        tell_assumptions(self.assumptions, origin)


def read_policy_source(request: PolicyRequest) -> PolicySource:
    """The verdicts for a request. Raises KubeError where there can be no answer at all."""
    from kubectl_ambient.cluster.needs.policies import PolicyNeeds

    place = opened(request.origin)
    snapshot = place.read(PolicyNeeds(namespaces=(place.namespace,) if place.namespace else ()))
    judge = PolicyJudge(snapshot)
    verdicts = [
        judge.of(policy)
        for policy in judge.policies()
        if place.namespace in ("", policy.namespace) and request.wants(type(policy).__name__, policy.name)
    ]
    pods = [found for found in judge.pods if place.namespace in ("", found.pod.namespace)]
    namespace, many = place.home(
        [*(verdict.policy.namespace for verdict in verdicts), *(found.pod.namespace for found in pods)]
    )
    parts: tuple[Found[Any], ...] = (snapshot.authorization_policies, snapshot.peer_authentications)
    absent = [kind.lower() for kind, found in zip(KINDS, parts, strict=True) if found.absent]
    return PolicySource(
        judge=judge,
        verdicts=verdicts,
        pods=pods,
        namespace=namespace,
        many=many,
        problems=[
            *unknown_namespace(snapshot, place.namespace, empty=not (verdicts or pods or snapshot.from_files)),
            *_missing(request, verdicts, from_files=snapshot.from_files),
            *place.problems,
        ],
        remarks=[
            *dict.fromkeys(str(why) for found in parts for why in found.unread.values()),
            *(f"The server has no {find_resource(word).full_name}." for word in absent),
        ],
    )


def _missing(request: PolicyRequest, verdicts: Sequence[PolicyVerdict], *, from_files: bool) -> list[str]:
    """A sentence for each name that was typed and is not there."""
    there = {(verdict.kind, verdict.policy.name) for verdict in verdicts}
    names = {name for _kind, name in there}
    return [
        *(
            not_found(target.resource.full_name, target.name, in_files=from_files)
            for target in request.targets
            if target.name is not None and (target.resource.kind, target.name) not in there
        ),
        *(
            f'error: no authorizationpolicy or peerauthentication "{name}" was found'
            for name in request.names
            if name not in names
        ),
    ]
