"""A plan on the screen, or as a document; what else is to be told goes to stderr."""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_ambient.change.change_plan import ChangePlan
from kubectl_ambient.render.say import say
from kubectl_ambient.runs.aim import aim_of
from kubectl_ambient.runs.change.gate import gated
from kubectl_ambient.runs.change.label_run import GATED
from kubectl_ambient.runs.change.request import ChangeRequest
from kubectl_ambient.runs.change.targets import E, Found
from kubectl_ambient.runs.told import told_assumptions


def tell_plan(plan: ChangePlan, moves: Sequence[str], request: ChangeRequest) -> None:
    """Print the plan to stdout; `moves` are the lines about what moves, for the eye."""
    aim, flags = aim_of(request.connection), request.flags
    if flags.output:
        from kubectl_ambient.render.documents import as_text
        from kubectl_ambient.render.plan.documents import plan_document

        say(as_text(plan_document(plan, aim), flags.output))
        return
    from kubectl_ambient.render.plan.text import plan_text
    from kubectl_ambient.render.terminal import Paint, colours, text_width

    told = told_assumptions(list(plan.assumptions), each=flags.assumptions, in_files=bool(flags.filenames))
    say(plan_text(plan, moves, told, width=text_width(), paint=Paint(colours(), aim), aim=aim))


def refusal_lines(found: Found[E]) -> list[str]:
    """What could not be read of the objects that were named."""
    return list(dict.fromkeys(line for error in found.errors for line in (str(error), error.hint) if line))


def failed(plan: ChangePlan, request: ChangeRequest) -> int:
    """The exit code: that of --fail-on, or 1 where an edit is refused."""
    if gated(plan.risks, request):
        return GATED
    return 1 if any(edit.action == "refuse" for edit in plan.edits) else 0
