"""The line that goes on where a wait ended: the same again, which does what is left and nothing twice."""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_ambient.change.targets import names_of, namespace_of
from kubectl_ambient.runs.change.output import selection_words
from kubectl_ambient.runs.change.request import ChangeRequest
from kubectl_ambient.runs.change.targets import E, Item
from kubectl_ambient.runs.waypoint.flags import WaypointFlags
from kubectl_ambient.shell import words
from kubectl_ambient.shell.command import Offer, kubectl
from kubectl_ambient.shell.words import Word, inside, option


def go_on(request: ChangeRequest, namespace: str, left: Sequence[Item[E]]) -> Offer | None:
    """The command: of a selection the same one, else what is `left` by its names; None where it takes several."""
    flags = request.flags
    objects = selection_words(request, namespace)
    if not objects:
        homes = {namespace_of(item.target) for item in left}
        if len(homes) != 1:
            return None
        objects = (*names_of([item.target for item in left]), *inside(homes.pop()))
    found: list[str | Word] = ["--opt-out"] if flags.goal == "opt-out" else []
    found += ["--overwrite"] if flags.overwrite else []
    found += ["--force"] if flags.force else []
    verb = request.verb
    if isinstance(flags, WaypointFlags):
        verb = f"waypoint {verb}"
        found += option("--waypoint", words.typed(flags.waypoint)) if flags.waypoint else ()
        found += (
            option("--waypoint-namespace", words.typed(flags.waypoint_namespace)) if flags.waypoint_namespace else ()
        )
    found.append("--wait")
    found += option("--timeout", words.typed(flags.timeout)) if flags.timeout else ()
    found += option("--batch", words.typed(str(flags.batch))) if flags.batch is not None else ()
    return kubectl("ambient", verb, *objects, *found)
