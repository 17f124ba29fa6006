"""Whether a pod refuses plain text, port by port, by the PeerAuthentications as they are sent to its ztunnel.

istiod answers twice, and the answers need not fit: which policy a pod refers to, and what that policy contains. Where
they differ ztunnel does as it was sent, not as somebody meant it; such a gap is told as a `Hole`.
[pilot/pkg/serviceregistry/ambient/authorization.go `convertedSelectorPeerAuthentications`, `convertPeerAuthentication`;
policies.go `PolicyCollections`]
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product
from typing import Literal

from msgspec import Struct

from kubectl_ambient.cluster.policy_facts import PeerAuthentication
from kubectl_ambient.mesh.policy.connections import Connection

Mode = Literal["STRICT", "PERMISSIVE"]

_STATIC = "istio_converted_static_strict"
_BY_PORT = "converted_peer_authentication_"
_OPEN = ("PERMISSIVE", "DISABLE")


class Ports(Struct, frozen=True, gc=False):
    """Where plain text is refused: on these ports, or (`but`) on all without these."""

    strict: frozenset[int] = frozenset()
    but: frozenset[int] | None = None

    def refuses(self, port: int) -> bool:
        """Whether plain text to that port is refused."""
        return port in self.strict or (self.but is not None and port not in self.but)


class Answered(Struct, frozen=True, kw_only=True, gc=False):
    """What one order of the PeerAuthentications gives.

    `key` is the policy that ztunnel enforces, as it names it; empty where there is none. `meant` is what was written,
    where that differs from what is sent.
    """

    ports: Ports = Ports()
    key: str = ""
    decided_by: tuple[PeerAuthentication, ...] = ()
    meant: Ports | None = None


class Mtls(Struct, frozen=True, gc=False):
    """The answers for a pod. There are several where PeerAuthentications of one rank have the same age.

    istiod's choice between those is one of chance, and may differ from pod to pod.
    """

    answers: tuple[Answered, ...]

    @property
    def answer(self) -> Answered | None:
        """The one answer; None where it depends on chance."""
        return self.answers[0] if len(self.answers) == 1 else None

    def refuses(self, port: int) -> bool | None:
        """Whether plain text to that port is refused; None where that depends on chance."""
        said = {answer.ports.refuses(port) for answer in self.answers}
        return said.pop() if len(said) == 1 else None

    def mode(self, port: int) -> Mode | None:
        """STRICT where plain text to that port is refused, as things are sent; None where it depends on chance."""
        refuses = self.refuses(port)
        return None if refuses is None else "STRICT" if refuses else "PERMISSIVE"

    def refused_by(self, connection: Connection) -> str | None:
        """The policy that refuses the connection, as ztunnel names it; None where none does, or chance decides."""
        if connection.identity is not None or not self.refuses(connection.port):
            return None
        return self.answers[0].key

    def unsure_of(self, connection: Connection) -> bool:
        """Whether chance decides about the connection."""
        return connection.identity is None and self.refuses(connection.port) is None

    def beside(self, other: Mtls) -> Mtls:
        """Both, where it is not known which of them it is."""
        return Mtls((*self.answers, *(answer for answer in other.answers if answer not in self.answers)))

    @property
    def ports(self) -> tuple[int, ...]:
        """Every port that some answer treats by itself."""
        named = (port for answer in self.answers for port in (*answer.ports.strict, *(answer.ports.but or ())))
        return tuple(sorted(set(named)))


def mtls(
    found: Sequence[PeerAuthentication],
    *,
    namespace: str,
    labels: dict[str, str],
    root: str,
    inherits: bool = True,
) -> Mtls:
    """What the PeerAuthentications mean for a pod of that namespace with these labels.

    found: those of the namespace and of the root namespace, at least.
    inherits: whether this istiod heeds exceptions by port under a STRICT that the pod inherits (see `istiod_versions`).
    """
    mesh = [
        pa for pa in found if pa.namespace == root and (pa.selector is None or (not pa.selector and namespace == root))
    ]
    own = [pa for pa in found if pa.namespace == namespace != root]
    spaces = [pa for pa in own if not pa.selector]
    workloads = [pa for pa in own if pa.selector and pa.selector.items() <= labels.items()]
    # The contents of a port policy come from those without any selector only.
    bare_mesh = [pa for pa in found if pa.namespace == root and pa.selector is None]
    bare_spaces = [pa for pa in spaces if pa.selector is None]
    answers: list[Answered] = []
    for chosen in product(*map(_oldest, (mesh, spaces, workloads, bare_mesh, bare_spaces))):
        answer = _answer(chosen, root=root, inherits=inherits)
        if answer not in answers:
            answers.append(answer)
    return Mtls(tuple(answers))


def mtls_of_sidecar(found: Sequence[PeerAuthentication], *, namespace: str, labels: dict[str, str], root: str) -> Mtls:
    """What they mean for a pod with a sidecar: what was written, for no second answer stands beside that.

    Source: pilot/pkg/security/authn `ComposePeerAuthentication`.
    """
    mesh = [pa for pa in found if pa.namespace == root and not pa.selector]
    own = [pa for pa in found if pa.namespace == namespace != root]
    spaces = [pa for pa in own if not pa.selector]
    workloads = [pa for pa in own if pa.selector and pa.selector.items() <= labels.items()]
    answers: list[Answered] = []
    for of_mesh, space, workload in product(*map(_oldest, (mesh, spaces, workloads))):
        strict = _strict(next((pa for pa in (workload, space, of_mesh) if _set(pa)), None))
        by = tuple(pa for pa in (workload, space, of_mesh) if pa is not None)
        decisive = next((number for number, pa in enumerate(by) if _set(pa)), len(by))
        ports = _meant(workload, strict) if workload else Ports(but=frozenset()) if strict else Ports()
        answer = Answered(ports=ports, decided_by=by[: decisive + 1])
        if answer not in answers:
            answers.append(answer)
    return Mtls(tuple(answers))


def _oldest(found: Iterable[PeerAuthentication]) -> Sequence[PeerAuthentication | None]:
    """The oldest; all of them where several are. One without a time comes before all others, as to istiod."""
    ages = [(pa.created.replace(microsecond=0).timestamp() if pa.created else 0.0, pa) for pa in found]
    if not ages:
        return (None,)
    least = min(age for age, _pa in ages)
    return [pa for age, pa in ages if age == least]


Chosen = tuple[PeerAuthentication | None, ...]


def _answer(chosen: Chosen, *, root: str, inherits: bool) -> Answered:
    mesh, space, workload, bare_mesh, bare_space = chosen
    inherited = _strict(space) if _set(space) else _strict(mesh)
    parents = tuple(pa for pa in ((space,) if _set(space) else (mesh,)) if pa is not None)
    if workload is None:
        return _everywhere(inherited, root, parents)
    mode = _mode(workload)
    strict = {"STRICT": True, "PERMISSIVE": False, "DISABLE": False}.get(mode, inherited)
    by = (workload,) if mode else (workload, *parents) if workload.port_level_mtls else parents
    if not _refers(workload, strict=strict, inherits=inherits):
        return _everywhere(strict, root, by)
    sent = sent_ports(workload, bare_space, bare_mesh)
    meant = _meant(workload, strict)
    return Answered(
        ports=sent or Ports(),
        key=f"{workload.namespace}/{_BY_PORT}{workload.name}" if sent else "",
        decided_by=by,
        meant=meant if meant != (sent or Ports()) else None,
    )


def _everywhere(strict: bool, root: str, by: tuple[PeerAuthentication, ...]) -> Answered:
    if not strict:
        return Answered(decided_by=by)
    return Answered(ports=Ports(but=frozenset()), key=f"{root}/{_STATIC}", decided_by=by)


def _refers(workload: PeerAuthentication, *, strict: bool, inherits: bool) -> bool:
    """Whether the pod refers to the policy of its ports, instead of the static one or none."""
    modes = set(workload.port_level_mtls.values())
    if not strict:
        return "STRICT" in modes
    if _mode(workload) == "STRICT":
        return bool(modes.intersection(_OPEN))
    return inherits and "PERMISSIVE" in modes


def inherited(
    found: Iterable[PeerAuthentication], namespace: str, root: str
) -> tuple[PeerAuthentication | None, PeerAuthentication | None]:
    """The PeerAuthentications of the namespace and of the mesh that the policy of a pod's ports is made from."""
    bare = [pa for pa in found if pa.selector is None]
    space = _oldest(pa for pa in bare if pa.namespace == namespace)[0]
    return space, _oldest(pa for pa in bare if pa.namespace == root)[0]


def sent_ports(
    workload: PeerAuthentication, space: PeerAuthentication | None, mesh: PeerAuthentication | None
) -> Ports | None:
    """What the policy of its ports denies; None where istiod sends none."""
    mode = _mode(workload)
    by_space, by_mesh = _strict(space), not _set(space) and _strict(mesh)
    open_ports, strict_ports = set(), set()
    for port, port_mode in workload.port_level_mtls.items():
        if port_mode == "STRICT":
            # The last of the three is not bound to the mode of the workload: a slip of istiod's.
            if not (mode == "STRICT" or (not mode and by_space) or by_mesh):
                strict_ports.add(port)
        elif port_mode in _OPEN:
            under_strict = by_space or (space is None and _strict(mesh))
            if mode == "STRICT" or (not mode and under_strict):
                open_ports.add(port)
    if not (open_ports or strict_ports):
        return None
    return Ports(frozenset(strict_ports), frozenset(open_ports) if open_ports else None)


def _meant(workload: PeerAuthentication, strict: bool) -> Ports:
    """What somebody means who writes this."""
    modes = workload.port_level_mtls
    if strict:
        return Ports(but=frozenset(port for port, mode in modes.items() if mode in _OPEN))
    return Ports(frozenset(port for port, mode in modes.items() if mode == "STRICT"))


def _mode(pa: PeerAuthentication | None) -> str:
    mode = (pa.mode or "") if pa else ""
    return "" if mode == "UNSET" else mode


def _set(pa: PeerAuthentication | None) -> bool:
    return bool(_mode(pa))


def _strict(pa: PeerAuthentication | None) -> bool:
    return _mode(pa) == "STRICT"
