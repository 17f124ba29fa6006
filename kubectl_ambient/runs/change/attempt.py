"""Writes the edit of one object, never over a value that it has not seen, and tells what the answers prove."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic

from msgspec import Struct

from kubectl_ambient.change.patch import in_metadata, merge_patch, undone
from kubectl_ambient.change.targets import namespace_of, printed
from kubectl_ambient.kube.api import Client
from kubectl_ambient.kube.errors import ApiError, ConnectionFailed, KubeError
from kubectl_ambient.runs.change.request import ChangeRequest
from kubectl_ambient.runs.change.targets import E, Fields, Item, State, TargetReader

_TRIES = 5  # a rollout touches its Deployment several times a second


class Outcome(Struct, frozen=True, kw_only=True):
    """What became of an edit; `bug` is an error that is not the cluster's.

    `final` is the object afterwards, where a document will tell it.
    """

    state: State
    final: Fields | None = None
    why: str = ""
    hint: str = ""
    lost: bool = False
    bug: BaseException | None = None

    @classmethod
    def failed(cls, error: KubeError, *, open_: bool) -> Outcome:
        """`open_`: it may be applied all the same."""
        state: State = "not known" if open_ else "refused"
        lost = isinstance(error, ConnectionFailed)
        return cls(state=state, why=str(error), hint=error.hint, lost=lost)


class Attempt(Generic[E]):
    """Patches objects. Safe to use from several threads."""

    def __init__(self, client: Client, request: ChangeRequest, reader: TargetReader[E]) -> None:
        self._client = client
        self._request = request
        self._reader = reader
        self._stores = request.dry_run == "none"
        self._tells_objects = request.flags.output in ("json", "yaml")

    def __call__(self, item: Item[E], replan: Callable[[Item[E]], bool]) -> Outcome:
        """Write the edit. If somebody changed the object since it was read, it is read and planned anew.

        `replan` takes the new plan over, or refuses since nothing is to be sent any more.
        """
        for tries_left in reversed(range(_TRIES)):
            if not item.edit.changes:
                state: State = "refused" if item.edit.action == "refuse" else "done"
                return Outcome(state=state, final=self._told(item.fields))
            try:
                fields = self._patch(item)
            except KubeError as error:
                if not (isinstance(error, ApiError) and error.is_conflict and tries_left):
                    return Outcome.failed(error, open_=self._stores and _may_be_applied(error))
                conflict = error
            else:
                return self._judged(item, fields)
            try:
                fresh = self._reader.again(item)
            except KubeError as error:
                return Outcome.failed(error, open_=conflict.retried)
            # The first of several tries may have made the change itself, and so the conflict of the next.
            if conflict.retried and not undone(item.edit, fresh.fields):
                return Outcome(state="done", final=self._told(fresh.fields))
            if not replan(fresh):
                return Outcome(state="not tried")
        raise AssertionError("the last try returns")

    def _patch(self, item: Item[E]) -> Fields:
        return self._client.patch(
            item.resource,
            item.target.name,
            namespace_of(item.target),
            body=merge_patch(item.edit, item.version),
            type=Fields,
            dry_run="none" if self._stores else "server",
            field_manager=self._request.flags.field_manager,
            # Else the server writes and sends the whole object, of which nothing more is looked at.
            metadata_only=in_metadata(item.resource.kind) and not self._tells_objects,
        )

    def _judged(self, item: Item[E], fields: Fields) -> Outcome:
        """What the server has now: an admission webhook may have put another value there."""
        metadata = fields.get("metadata")
        if not isinstance(metadata, dict) or metadata.get("name") != item.target.name:
            return Outcome(
                state="not known" if self._stores else "refused",
                why=f"error: the answer to the change of {printed(item.target)} is not that object",
            )
        for kept in undone(item.edit, fields).values():
            became = "is not set" if kept is None else f"is “{kept}”"
            why = f"error: {printed(item.target)}: the server took the change, and the label {became} all the same"
            return Outcome(state="refused", why=why)
        return Outcome(state="done", final=self._told(fields))

    def _told(self, fields: Fields) -> Fields | None:
        """What is kept of an object until the end: of thousands, nothing that is not told."""
        return fields if self._tells_objects else None


def _may_be_applied(error: KubeError) -> bool:
    """Whether the change may have been made, or be made yet, although it failed for us."""
    if error.retried:
        return True
    return error.leaves_open if isinstance(error, ApiError) else error.sent
