"""`waypoint status` as text: the rows, then the sums, then what needs attention."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from kubectl_ambient.cluster.served import Kind
from kubectl_ambient.foreign import Shown
from kubectl_ambient.mesh.catalogue import WaypointReason
from kubectl_ambient.mesh.waypoint.binding import Binding
from kubectl_ambient.mesh.waypoint.summary import Sums, sums
from kubectl_ambient.render.rows import Rows
from kubectl_ambient.render.sentences import MARK, gravest_first, note, notes_text, sentence
from kubectl_ambient.render.table import Short, fitting, marked, table
from kubectl_ambient.render.terminal import Paint
from kubectl_ambient.shell.command import Command

_NONE, _UNKNOWN = "<none>", "?"
_SHORT = (
    Short("NAME", "middle", 24),
    Short("WAYPOINT", "middle", 20),
    Short("NAMESPACE", "middle", 12),
    Short("NAME", "middle", 12),
    Short("WAYPOINT", "middle", 12),
    Short("REASON", "end", 15),
)
_PLURALS: dict[Kind, str] = {
    "Service": "Services",
    "ServiceEntry": "ServiceEntries",
    "Pod": "Pods",
    "WorkloadEntry": "WorkloadEntries",
}


def binding_table(
    bindings: Sequence[Binding], *, namespaced: bool, wide: bool, headers: bool, width: int, paint: Paint
) -> Shown:
    """One row an object, marked where it needs attention. Narrow terminals lose TRAFFIC, then parts of words."""
    names, rows = marked(_names(namespaced, wide), [_row(b, namespaced, wide, paint) for b in bindings])
    kept, cells = fitting(names, rows, width, *(((), ()) if wide else (("TRAFFIC",), _SHORT)))
    return table(kept, cells, with_headers=headers)


class BindingRows(Rows):
    """The rows of objects that go on: those of `bindings`, and those that follow."""

    def __init__(
        self,
        bindings: Sequence[Binding],
        *,
        namespaced: bool,
        wide: bool,
        headers: bool,
        width: int,
        paint: Paint,
        timestamps: bool = False,
    ) -> None:
        self._namespaced, self._wide, self._paint = namespaced, wide, paint
        super().__init__(
            _names(namespaced, wide),
            [_row(binding, namespaced, wide, paint) for binding in bindings],
            {"KIND": "ServiceEntry", "WAYPOINT": " " * 12, "TRAFFIC": "workload", "REASON": WaypointReason.NOT_READY},
            width=width,
            droppable=() if wide else ("TRAFFIC",),
            short=() if wide else _SHORT,
            headers=headers,
            timestamps=timestamps,
        )

    def changed(self, binding: Binding, at: datetime | None = None) -> Shown:
        """The row of an object that changed; `at`: when that was seen."""
        return self.line(_row(binding, self._namespaced, self._wide, self._paint), at)

    def gone(self, binding: Binding, at: datetime | None = None) -> Shown:
        """The row of an object that is there no more, with `binding` as the last that was told of it."""
        row = [binding.namespace] if self._namespaced else []
        row += [binding.kind, binding.name, "-", "-", "Gone", *(("-", "-") if self._wide else ()), ""]
        return self.line(row, at)


def _names(namespaced: bool, wide: bool) -> list[str]:
    names = ["NAMESPACE"] if namespaced else []
    names += ["KIND", "NAME", "WAYPOINT", "TRAFFIC", "REASON"]
    return [*names, "INHERITED-FROM", "CONDITION"] if wide else names


def _row(binding: Binding, namespaced: bool, wide: bool, paint: Paint) -> list[str]:
    row = [binding.namespace] if namespaced else []
    row += [binding.kind, binding.name, binding.waypoint or (_UNKNOWN if binding.unknown else _NONE)]
    row += [binding.traffic, binding.reason]
    if wide:
        written = binding.condition
        # Without a name there is no label of its own, and the Namespace's was not to be had.
        inherited = _UNKNOWN if binding.unknown and binding.named is None else _NONE
        row += [binding.inherited_from or inherited, f"{written.status} ({written.reason})" if written else _NONE]
    return [*row, paint(MARK, "red") if binding.needs_attention else ""]


def summary(bindings: Sequence[Binding]) -> str:
    """`Through a waypoint: 1 of 3 Services, at least 2 of 14 Pods; 3 cannot be told.`, and what is wrong with them."""
    found = sums(bindings)
    served = ", ".join(_share(found, kind) for kind in found.total)
    untold = f"; {found.unknown} cannot be told" if found.unknown else ""
    sentences = [f"Through a waypoint: {served}{untold}."]
    if found.dead:
        those = "of these" if not untold else "of those that go through one"
        sentences.append(f"{found.dead} {those} {'goes' if found.dead == 1 else 'go'} to one that is dead.")
    if found.passed:
        bound = "is bound to one, and nothing goes" if found.passed == 1 else "are bound to one, and nothing goes"
        sentences.append(f"{found.passed} {bound} through it.")
    if found.unusable:
        it = "names a waypoint that it does not get" if found.unusable == 1 else "name a waypoint that they do not get"
        sentences.append(f"{found.unusable} {it}.")
    return " ".join(sentences)


def _share(found: Sums, kind: Kind) -> str:
    least, total = "at least " if found.untold[kind] else "", found.total[kind]
    return f"{least}{found.served[kind]} of {total} {_PLURALS[kind] if total != 1 else kind}"


def left_out(bindings: Sequence[Binding]) -> str:
    """`Not shown: 12 Pods (9 NotLabeled, 3 NotServed): --all lists them.`; empty where nothing was left out."""
    if not bindings:
        return ""
    kinds = Counter(b.kind for b in bindings)
    counted = [f"{n} {_PLURALS[kind] if n != 1 else kind}" for kind, n in kinds.most_common()]
    reasons = ", ".join(f"{n} {reason}" for reason, n in Counter(b.reason for b in bindings).most_common())
    listed = " and ".join([", ".join(counted[:-1]), counted[-1]]) if counted[1:] else counted[0]
    return f"Not shown: {listed} without a waypoint ({reasons}): --all lists them."


def notes(bindings: Iterable[Binding], *, namespaced: bool, width: int, paint: Paint) -> Shown:
    """Why each marked object is marked; those of a namespace with the same sentence are told once."""
    groups: dict[tuple[str, str], list[Binding]] = {}
    for binding in bindings:
        if binding.needs_attention:
            groups.setdefault((binding.namespace, _why(binding)), []).append(binding)
    return notes_text(
        [
            note([_who(members, namespaced)], why, width, paint, map(_fix, members))
            for (_, why), members in groups.items()
        ]
    )


def _why(binding: Binding) -> str:
    """The sentence of what cannot be told, else the most severe finding."""
    if binding.unknown:
        return binding.message
    return sentence(gravest_first(binding.findings)[0])


def _fix(binding: Binding) -> Command | None:
    return None if binding.unknown else gravest_first(binding.findings)[0].fix


def _who(members: Sequence[Binding], namespaced: bool) -> str:
    first = members[0]
    name = f"{first.kind} {first.namespace}/{first.name}" if namespaced else f"{first.kind} {first.name}"
    return f"{name} (and {len(members) - 1} more)" if len(members) > 1 else name
