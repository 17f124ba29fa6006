"""Writes the edits of many objects side by side, and never over a value that it has not seen."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from functools import partial
from typing import Generic

from kubectl_ambient.change.patch import merge_patch, undone
from kubectl_ambient.change.targets import namespace_of, printed
from kubectl_ambient.cli.change.request import ChangeRequest
from kubectl_ambient.cli.change.targets import E, Fields, Item, TargetReader
from kubectl_ambient.cli.progress import Progress
from kubectl_ambient.kube.api import Client
from kubectl_ambient.kube.errors import ApiError, ConnectionFailed, KubeError

_SIDE_BY_SIDE = 10
_TRIES = 5  # a rollout touches its Deployment several times a second
_LOST = 3  # so many failed connections in a row are no accident
_PATIENCE = 5.0


class NotTried(KubeError):
    """The object was left as it is, since the connection was lost or the command was interrupted before its turn."""


class Applier(Generic[E]):
    """Patches objects; what became of each stands in its Item."""

    def __init__(self, client: Client, request: ChangeRequest, reader: TargetReader[E]) -> None:
        self._client = client
        self._request = request
        self._reader = reader
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._lost = 0
        self._under_way = 0

    def apply(self, items: Sequence[Item[E]]) -> None:
        """Write the edit of each. After Ctrl-C, what is under way is waited for, and KeyboardInterrupt raised."""
        with Progress(len(items), "labelling") as progress:
            try:
                self._client.side_by_side([partial(self._one, item, progress) for item in items], _SIDE_BY_SIDE)
            except KeyboardInterrupt:
                self._stopped.set()
                self._wait()
                for item in items:
                    if item.final is None and item.error is None:
                        item.error = NotTried("interrupted")
                raise

    def _wait(self) -> None:
        end = time.monotonic() + _PATIENCE
        while self._under_way and time.monotonic() < end:
            time.sleep(0.02)

    def _one(self, item: Item[E], progress: Progress) -> None:
        with self._lock:
            stopped = self._stopped.is_set()
            self._under_way += not stopped
        if stopped:
            item.error = NotTried("the connection was lost before its turn")
            return
        try:
            item.final = self._patch(item)
            self._lost = 0
        except KubeError as error:
            item.error = error
            self._lost = self._lost + 1 if isinstance(error, ConnectionFailed) else 0
            if self._lost >= _LOST:
                self._stopped.set()
        finally:
            with self._lock:
                self._under_way -= 1
            progress.step()

    def _patch(self, item: Item[E]) -> Fields:
        """The object afterwards. If somebody changed it since it was read, it is read and planned anew."""
        request, target = self._request, item.target
        for tries_left in reversed(range(_TRIES)):
            if not item.edit.changes:
                return item.fields
            try:
                fields = self._client.patch(
                    item.resource,
                    target.name,
                    namespace_of(target),
                    body=merge_patch(item.edit, item.version),
                    type=Fields,
                    dry_run="server" if request.dry_run == "server" else "none",
                    field_manager=request.flags.field_manager,
                )
            except ApiError as error:
                if not error.is_conflict or not tries_left:
                    raise
                fresh = self._reader.again(item)
                item.fields, item.edit = fresh.fields, fresh.edit
                continue
            return self._checked(item, fields)
        raise AssertionError("the last try returns or raises")

    def _checked(self, item: Item[E], fields: Fields) -> Fields:
        """What the server has now: an admission webhook may have put another value there."""
        for kept in undone(item.edit, fields).values():
            became = "is not set" if kept is None else f"is “{kept}”"
            raise KubeError(
                f"error: {printed(item.target)}: the server took the change, and the label {became} all the same"
            )
        return fields
