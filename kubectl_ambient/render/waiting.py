"""What `--wait` tells: how far it is, what it waits for, and in the end what did not come."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kubectl_ambient.foreign import Shown, shown, stacked
from kubectl_ambient.mesh.few import few
from kubectl_ambient.mesh.judge import Judge
from kubectl_ambient.mesh.nodes import AgentOnNode, agents_on
from kubectl_ambient.mesh.settling import Restart, Standing, Straggler
from kubectl_ambient.render.commands import filled
from kubectl_ambient.render.sentences import MARK, folded
from kubectl_ambient.render.terminal import Paint
from kubectl_ambient.shell.aim import Aim
from kubectl_ambient.shell.command import Command, Sentence

_NO_AIM = Aim()
_WORD = {"ready": "Ready", "not ready": "not Ready", "missing": "missing", "unread": "may not be read"}


def waits_for(standing: Standing) -> str:
    """`waiting for shop/cart-1 (n3) and 3 more`; empty where there is nothing to wait for."""
    found = standing.stragglers or standing.others
    if not found:
        return ""
    node = f" ({found[0].node})" if found[0].node else ""
    rest = f" and {len(found) - 1} more" if len(found) > 1 else ""
    return f"waiting for {found[0].name}{node}{rest}"


def so_far(standing: Standing) -> str:
    """`4 of 5 pods are where they should be; waiting for shop/cart-1 (n3)`."""
    return "; ".join(part for part in (_arrived(standing), waits_for(standing)) if part)


def all_arrived(standing: Standing, age: str) -> str:
    """`All 5 pods are where they should be (12s).`"""
    wanted = standing.wanted
    if not standing.pods:
        return f"There is no {wanted.noun} to wait for."
    if standing.pods == 1:
        return f"The {wanted.noun} is {wanted.one} ({age})."
    return f"All {standing.pods} {wanted.noun}s are {wanted.many} ({age})."


def given_up(standing: Standing, why: str) -> str:
    """`error: timed out after 2m0s: 4 of 5 pods are where they should be`."""
    arrived = _arrived(standing)
    return f"error: {why}: {arrived}" if arrived else f"error: {why}"


def _arrived(standing: Standing) -> str:
    pods, here, wanted = standing.pods, standing.pods - len(standing.stragglers), standing.wanted
    if not pods:
        return ""
    if pods == 1:
        return f"the {wanted.noun} is {'' if here else 'not '}{wanted.one}"
    return f"{here} of {pods} {wanted.noun}s {f'is {wanted.one}' if here == 1 else f'are {wanted.many}'}"


def stragglers(found: Iterable[Straggler], judge: Judge | None, width: int, paint: Paint, aim: Aim = _NO_AIM) -> Shown:
    """Each that is waited for, why it is not where it should be, its node's agents, and what helps.

    What is alike is told once. judge: None where nothing that is waited for has a node.
    """
    groups: dict[tuple[str, str, Command | None], list[str]] = {}
    for one in found:
        groups.setdefault((one.why, one.node, one.fix), []).append(one.name)
    return stacked(
        _group(names, why, agents_text(judge, node) if judge else "", fix, width, paint, aim)
        for (why, node, fix), names in groups.items()
    )


def _group(
    names: Sequence[str], why: str, agents: str, fix: Command | None, width: int, paint: Paint, aim: Aim
) -> Shown:
    room = max(width - 2, 40)
    heads = folded(", ".join(names), room)
    told = [text for text in (why, agents) if text]
    return stacked(
        [
            shown(paint(MARK, "red"), " ", heads[0]),
            *(shown("  ", line) for line in heads[1:]),
            *(line for text in told for line in folded(text, room, first="  ", rest="  ")),
            *([filled("  ", ("What helps: ", fix), room, aim)] if fix else []),
        ]
    )


def agents_text(judge: Judge, node: str) -> str:
    """The agents of a node, by the names of their pods; empty where no agent can run, or there is no node yet."""
    told = [_agent(agent) for agent in agents_on(judge, node) if agent.status != "none"] if node else []
    return f"On {node}: {', '.join(told)}." if told else ""


def _agent(agent: AgentOnNode) -> str:
    if not agent.pod:
        return f"{agent.program} {_WORD[agent.status]}"
    return f"{agent.program} {agent.version} {_WORD[agent.status]} ({agent.pod})"


def restarts(found: Sequence[Restart], aim: Aim, width: int) -> list[Shown]:
    """What only a restart moves, of many owners the first; each with its command."""
    lines = [_restart(one, aim, width) for one in found[:_MOST]]
    if len(found) > _MOST:
        lines.append(shown(f"not waited for: the pods of {len(found) - _MOST} more owners, which only a restart moves"))
    return lines


_MOST = 10


def _restart(one: Restart, aim: Aim, width: int) -> Shown:
    first, *more = one.pods
    told = f"only a restart moves {f'{first} and {len(more)} more' if more else first} ({one.why})"
    sentence: Sentence = told if one.command is None else (f"{told}: ", one.command)
    return filled("not waited for: ", sentence, max(width, 40), aim)


def not_told(found: Sequence[Straggler], width: int) -> list[Shown]:
    """The pods of which it cannot be told whether they are where they should be, and why of the first of them."""
    if not found:
        return []
    names = few([one.name for one in found])
    return [filled("not waited for: ", f"{names}. {found[0].why}", max(width, 40), _NO_AIM)]
