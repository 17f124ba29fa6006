"""What a run on a cluster begins with: its client, and what it asks for before its rules are imported."""

from __future__ import annotations

import queue
from typing import NamedTuple

from kubectl_ambient.cluster.reading.cluster import Early
from kubectl_ambient.kube.api import Client, connect
from kubectl_ambient.runs.change.request import ChangeRequest


class Beginning(NamedTuple):
    """The client, what it is warned of in the threads that ask, and what is under way."""

    client: Client
    warnings: queue.SimpleQueue[str]
    early: Early


def connected(request: ChangeRequest) -> Beginning:
    """Nothing is asked for yet. Raises UsageError and ConfigError."""
    warnings: queue.SimpleQueue[str] = queue.SimpleQueue()
    return Beginning(connect(request.connection, on_warning=warnings.put), warnings, {})


def reading(request: ChangeRequest) -> Beginning:
    """What the targets concern is asked for, as a plan needs it in nearly any case. Raises as `connected`."""
    from kubectl_ambient.runs.change.preview import begin_to_read

    beginning = connected(request)
    return beginning._replace(early=begin_to_read(beginning.client, request))
