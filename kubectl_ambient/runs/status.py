"""Where the facts of `status` come from: a cluster, or the files of `-f`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from kubectl_ambient.cluster.facts import Namespace, Pod, Unread
from kubectl_ambient.cluster.scope import Scope, check, chosen, chosen_namespaces
from kubectl_ambient.kube.errors import UsageError
from kubectl_ambient.kube.resources import find_resource, parse_targets
from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.evidence import Finding
from kubectl_ambient.mesh.few import few
from kubectl_ambient.mesh.in_vain import InVain, in_vain, may_be_in_vain, summed
from kubectl_ambient.mesh.judge import Judge
from kubectl_ambient.mesh.verdict import Verdict
from kubectl_ambient.runs.homes import left_out
from kubectl_ambient.runs.origin import Origin
from kubectl_ambient.runs.output import check_names
from kubectl_ambient.runs.place import Place, opened
from kubectl_ambient.runs.told import Told, missing_pods, unknown_namespace
from kubectl_ambient.shell.aim import Aim
from kubectl_ambient.shell.command import kubectl
from kubectl_ambient.shell.words import Word, typed

if TYPE_CHECKING:
    from kubectl_ambient.mesh.ztunnel.nodes import NodeProof


class StatusRequest(Struct, frozen=True, kw_only=True):
    """What `status` was asked for, checked as far as can be without reading anything. waypoints: tell them too.

    ztunnel: ask the ztunnels of the pods' nodes as well. gateways: tell which of these are dead.
    """

    origin: Origin
    scope: Scope
    waypoints: bool
    ztunnel: bool = False
    gateways: bool = False

    @classmethod
    def of(
        cls,
        origin: Origin,
        names: Sequence[str],
        *,
        label_selector: str,
        field_selector: str,
        follows: str,
        waypoints: bool,
        ztunnel: bool = False,
        gateways: bool = False,
    ) -> StatusRequest:
        """Check what was typed; `follows` is the flag that has it go on, if one has. Raises UsageError."""
        _check_no_type(names, label_selector)
        pods = tuple(dict.fromkeys(map(_pod_name, names)))
        scope = Scope(
            names=pods,
            label_selector=label_selector,
            field_selector=field_selector,
            namespace_selector=origin.namespace_selector,
        )
        check(scope, live=not origin.filenames)
        request = cls(origin=origin, scope=scope, waypoints=waypoints or ztunnel, ztunnel=ztunnel, gateways=gateways)
        check_names(named=bool(names), selected=request.selected, all_namespaces=origin.all_namespaces)
        if origin.filenames and follows:
            raise UsageError(f"error: {follows} needs a cluster: files do not change by themselves")
        return request

    @property
    def before_waiting(self) -> StatusRequest:
        """The same without ztunnels: each is asked once, when what was waited for is there."""
        return replace(self, ztunnel=False)

    @property
    def selected(self) -> bool:
        """Whether a selector chooses the pods."""
        return bool(self.scope.label_selector or self.scope.field_selector)


def _check_no_type(words: Sequence[str], label_selector: str) -> None:
    """Raises UsageError where a type was typed as other commands take it, and tells what to type instead."""
    first, *names = words or [""]
    if not (names or label_selector) or "/" in first:
        return
    try:
        kinds = {find_resource(word).kind for word in first.split(",")}
    except UsageError:
        return
    if kinds == {"Pod"}:
        pods = (*map(typed, names), *(("-l", typed(label_selector)) if label_selector else ()))
        raise UsageError(f"error: status takes the names of pods alone: {Aim().say(kubectl('ambient status', *pods))}")
    if kinds != {"Namespace"}:
        raise UsageError(_no_pods(first, (typed(first), *map(typed, names))))
    chosen = ("--namespace-selector", typed(label_selector)) if label_selector else ("-n", typed(names[0]))
    raise UsageError(
        "error: status takes the names of pods; for those of namespaces there is "
        f"“{Aim().say(kubectl('ambient status', *chosen))}”"
    )


def _no_pods(what: str, words: Sequence[Word]) -> str:
    return (
        f'error: status takes pods, not "{what}": for others there is “{Aim().say(kubectl("ambient explain", *words))}”'
    )


def _pod_name(text: str) -> str:
    (target,) = parse_targets([text] if "/" in text else ["pod", text])
    if target.resource.kind != "Pod":
        raise UsageError(_no_pods(text.partition("/")[0], [typed(text)]))
    return target.name or ""


class Source(Told, kw_only=True):
    """Facts, the pods that were asked for, and what was wrong on the way.

    many: they may be of several namespaces. selected: they were chosen by a selector.
    """

    judge: Judge
    pods: list[Pod]
    namespace: str
    many: bool
    selected: bool
    origin: Origin
    place: Place
    scope: Scope

    def mesh_findings(self, verdicts: Sequence[Verdict]) -> list[Finding]:
        """What is true of all these pods, and of whole namespaces.

        Of a listing of all namespaces also what awaits those without pods.
        """
        whole = not (self.selected or self.scope.names)
        namespaces = self.scope_namespaces or ([self.namespace] if self.namespace and whole else ())
        found = self.judge.mesh_findings(verdicts, namespaces)
        said = [finding for node in self.node_proofs() or () for finding in node.findings]
        return [*found, *said, *(one.finding for one in self.in_vain(verdicts))]

    def node_proofs(self) -> list[NodeProof] | None:
        """What the ztunnels of the pods' nodes say; None where they were not asked."""
        if self.judge.snapshot.ztunnels is None:
            return None
        from kubectl_ambient.mesh.ztunnel.nodes import NodeProofs

        return NodeProofs(self.judge.snapshot, self.judge.installation).of(self.pods)

    def unasked(self) -> list[str]:
        """Why some ztunnels did not tell, with the nodes: `n1 and n2: get pods/portforward …: forbidden`."""
        proofs = self.node_proofs()
        if not proofs:
            return []
        from kubectl_ambient.mesh.ztunnel.nodes import alike

        return [f"{few(names)}: {why}" for names, why in alike((node.node, node.why) for node in proofs if node.why)]

    def in_vain(self, verdicts: Sequence[Verdict]) -> list[InVain]:
        """The namespaces that ask for ambient and get none; of selected pods that is not told."""
        whole = not (self.selected or self.scope.names)
        return in_vain(self.judge, may_be_in_vain(verdicts)) if whole else []

    def headlines(self, verdicts: Sequence[Verdict]) -> list[Finding]:
        """The same findings for a screen, one line each: what is true of many namespaces, or pods, is told once."""
        gone = {f.message: f for v in verdicts for f in v.findings if f.code == Code.CNI_GONE}
        alone = {one.finding.message for one in self.in_vain(verdicts)}
        of_mesh = [finding for finding in self.mesh_findings(verdicts) if finding.message not in alone]
        return [*gone.values(), *of_mesh, *summed(self.in_vain(verdicts))]

    def verdicts(self) -> list[Verdict]:
        """The verdict on each pod."""
        return [self.judge.judge(pod) for pod in self.pods]

    def sums(self) -> list[Verdict]:
        """As many, of which those that need no attention are one for all pods that are alike: a tenth of the memory."""
        return [self.judge.judge_kind(pod) for pod in self.pods]

    @property
    def scope_namespaces(self) -> dict[str, Namespace | Unread]:
        """The namespaces that a listing of all of them shows: where pods were selected, only theirs."""
        if not self.many:
            return {}
        namespaces = self.judge.snapshot.namespaces
        homes = dict.fromkeys(pod.namespace for pod in self.pods)
        unread = {name: why for name in homes if isinstance(why := namespaces.get(name), Unread)}
        found: dict[str, Namespace | Unread] = {**namespaces.facts, **unread}
        chosen = chosen_namespaces(namespaces, self.scope.namespace_selector)
        if chosen is not None:
            found = {name: namespace for name, namespace in found.items() if name in chosen}
        of_pods = self.selected or self.scope.names
        return {name: namespace for name, namespace in found.items() if name in homes} if of_pods else found


def read_status(request: StatusRequest, place: Place | None = None) -> Source:
    """The facts for `status`, from a place that was read before, or anew. Raises KubeError where there is no answer."""
    from kubectl_ambient.cluster.needs.pods import of_pods_in

    place = place or opened(request.origin)
    scope = replace(request.scope, namespace=place.namespace)
    needs = replace(of_pods_in(scope, waypoints=request.waypoints, gateways=request.gateways), ztunnel=request.ztunnel)
    snapshot = place.read(needs)
    if request.ztunnel:
        place.ask_ztunnels(snapshot)
    pods = in_order(chosen(snapshot, scope))
    namespace, many = place.home(pod.namespace for pod in pods)
    unknown = unknown_namespace(snapshot, namespace, empty=not (pods or scope.names))
    return Source(
        judge=Judge(snapshot, waypoints=request.waypoints),
        pods=pods,
        namespace=namespace,
        many=many,
        selected=request.selected,
        origin=request.origin,
        problems=[*place.problems, *missing_pods(snapshot, scope.names, pods), *unknown],
        remarks=left_out(request.origin, snapshot),
        place=place,
        scope=scope,
    )


def in_order(pods: Iterable[Pod]) -> list[Pod]:
    """By namespace and name."""
    return sorted(pods, key=lambda pod: (pod.namespace, pod.name))
