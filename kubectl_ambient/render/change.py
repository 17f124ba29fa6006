"""What a change moves, for the eye: one line a direction, grouped by workload, cut where it would be long."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal

from kubectl_ambient.change.effects import Direction, Effects, Moved
from kubectl_ambient.change.notes_of_agents import troubles
from kubectl_ambient.change.rollout import When
from kubectl_ambient.change.words import grouped, pods
from kubectl_ambient.foreign import Shown, one_line
from kubectl_ambient.mesh.next_pod import AfterRestart
from kubectl_ambient.render.commands import filled
from kubectl_ambient.shell.aim import Aim
from kubectl_ambient.shell.command import Sentence

Tense = Literal["would", "does"]
_MOST_LINES = 3
_WIDEST = 100
_SEPARATOR = " · "
_BY_AGENTS: tuple[Direction, ...] = ("doubtful", "not in", "cut off", "held in")
_NOWHERE = Aim()

NO_RESTART = "No restart is needed. "
NOT_CARRIED_OVER = {
    "would": "Connections open now would not be carried over.",
    "does": "Connections open now are not carried over.",
}
_TITLES: dict[tuple[Tense, Direction], str] = {
    ("would", "in"): "Would move in",
    ("would", "doubtful"): "Might be cut off",
    ("would", "not in"): "Would not get in",
    ("would", "cut off"): "Would be CUT OFF",
    ("would", "out"): "Would move out",
    ("would", "held in"): "Would stay in",
    ("would", "stays in"): "Would stay in",
    ("would", "stays out"): "Would stay out",
    ("would", "unknown"): "Cannot be told",
    ("does", "in"): "Moving in",
    ("does", "doubtful"): "Maybe cut off",
    ("does", "not in"): "Not getting in",
    ("does", "cut off"): "Being CUT OFF",
    ("does", "out"): "Moving out",
    ("does", "held in"): "Staying in",
    ("does", "stays in"): "Staying in",
    ("does", "stays out"): "Staying out",
    ("does", "unknown"): "Cannot be told",
}
_WHEN: dict[When, str] = {
    "now": "",
    "restart": "by restart",
    "later": "once replaced",
    "resumed": "once the rollout is resumed",
    "held": "once the partition is lowered",
}


def moves(effects: Effects, directions: Iterable[Direction], tense: Tense, width: int) -> list[str]:
    """One paragraph a direction and a time, in this order; none for a direction that nothing takes."""
    lines: list[str] = []
    for direction in directions:
        title = _TITLES[tense, direction]
        for when, moved in grouped((m.when, m) for m in effects.of(direction)).items():
            for suffix, group in _by_suffix(direction, when, moved):
                lines += paragraph(title, _items(group, effects, direction, width), suffix, width)
    return lines


def _by_suffix(direction: Direction, when: When, moved: Sequence[Moved]) -> Iterator[tuple[str, Sequence[Moved]]]:
    """What stands behind the pods: when they move, or what is in their way."""
    if direction not in _BY_AGENTS:
        yield (_WHEN[when] if direction in ("in", "out") else ""), moved
        return
    for why, group in troubles(moved).items():
        yield ": ".join(filter(None, (_WHEN[when], why))), group


def _items(moved: Sequence[Moved], effects: Effects, direction: Direction, width: int) -> list[tuple[str, int]]:
    """`cart 2/2`, with the reason where it stays; by namespace where there are too many workloads for the eye."""
    by_workload = _counted(moved, effects, direction, by_namespace=False)
    fits = sum(len(text) + len(_SEPARATOR) for text, _ in by_workload) <= _MOST_LINES * (min(width, _WIDEST) - 20)
    if fits or len({m.pod.namespace for m in moved}) == 1:
        return by_workload
    return _counted(moved, effects, direction, by_namespace=True)


def _counted(
    moved: Sequence[Moved], effects: Effects, direction: Direction, *, by_namespace: bool
) -> list[tuple[str, int]]:
    several = _several(effects)
    totals: dict[str, int] = {}
    for m in effects.pods:
        name = _name(m, several, by_namespace)
        totals[name] = totals.get(name, 0) + 1
    shows_reason = direction not in ("in", "out", *_BY_AGENTS)
    found = grouped(((m.reason if shows_reason else "", _name(m, several, by_namespace)), m) for m in moved)
    return [
        (f"{name} {len(group)}/{totals[name]}" + (f" {reason}" if reason else ""), len(group))
        for (reason, name), group in sorted(found.items())
    ]


def _several(effects: Effects) -> bool:
    return len({m.pod.namespace for m in effects.pods}) > 1


def _name(moved: Moved, several: bool, by_namespace: bool) -> str:
    if by_namespace:
        return moved.pod.namespace
    name = moved.owner.name if moved.owner else moved.pod.name
    return f"{moved.pod.namespace}/{name}" if several else name


def paragraph(
    title: str,
    items: Sequence[tuple[str, int]],
    suffix: str,
    width: int,
    *,
    count: Callable[[int], str] | None = pods,
) -> list[str]:
    """The items behind their title, in at most three lines; what does not fit is counted.

    Each item comes with a number, whose sum `count` words for the rest (`and 3 more (7 pods)`).
    """
    head = f"{title:<17}"
    room = max(min(width, _WIDEST) - len(head) - len(_SEPARATOR.rstrip()), 30)
    lines: list[str] = [""]
    shown = 0
    for text in (one_line(text) for text, _ in items):
        joined = f"{lines[-1]}{_SEPARATOR}{text}" if lines[-1] else text
        # The last line keeps room for the count of the rest and for the suffix.
        limit = room - (30 if len(lines) == _MOST_LINES else 0)
        if len(joined) <= limit or not lines[-1]:
            lines[-1] = joined
        elif len(lines) == _MOST_LINES:
            break
        else:
            lines[-1] += _SEPARATOR.rstrip()
            lines.append(text)
        shown += 1
    rest = items[shown:]
    if rest:
        lines[-1] += f" and {len(rest)} more" + (f" ({count(sum(n for _, n in rest))})" if count else "")
    if suffix:
        fits = len(lines[-1]) + len(suffix) + 3 <= room
        lines[-1:] = [f"{lines[-1]} ({suffix})"] if fits else [lines[-1], f"({suffix})"]
    return [head + lines[0], *(" " * len(head) + line for line in lines[1:])]


def wrapped(mark: str, sentence: Sentence, width: int, aim: Aim = _NOWHERE) -> Shown:
    """A sentence behind its mark, wrapped to the width; a command in it stays on one line."""
    return filled(mark, sentence, max(min(width, _WIDEST), 40), aim)


_PLANNED: tuple[Direction, ...] = (
    "in",
    "doubtful",
    "not in",
    "cut off",
    "out",
    "held in",
    "stays in",
    "stays out",
    "unknown",
)


def moves_of_plan(effects: Effects, width: int, *, restarts: bool) -> list[str]:
    """All directions, what a restart brings where it is something else, and what becomes of open connections."""
    lines = moves(effects, _PLANNED, "would", width)
    next_ones = grouped(((m.after_restart, _name(m, _several(effects), by_namespace=False)), m) for m in _else(effects))
    for becomes, named in grouped((becomes, name) for becomes, name in next_ones).items():
        lines += paragraph("After a restart", [(name, 1) for name in named], _NEXT[becomes], width)
    if effects.of("in", at="now") or effects.of("out", at="now"):
        lines.append(("" if restarts else NO_RESTART) + NOT_CARRIED_OVER["would"])
    return lines


def _else(effects: Effects) -> Iterator[Moved]:
    """The pods whose successors are something else than they become themselves."""
    inside = ("in", "doubtful", "cut off", "held in", "stays in")
    for m in effects.pods:
        sidecar = m.pod.annotations.sidecar_status is not None
        is_ = "ambient" if m.direction in inside else "sidecar" if sidecar else "none"
        if m.direction != "unknown" and m.after_restart not in (is_, "unknown"):
            yield m


_NEXT: dict[AfterRestart, str] = {
    "ambient": "in ambient mode",
    "sidecar": "with a sidecar",
    "none": "out of the mesh",
}
