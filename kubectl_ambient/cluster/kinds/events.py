"""Events: why a pod hangs in ContainerCreating or Terminating, and why a DaemonSet makes no pod."""

from datetime import datetime
from functools import partial

from kubectl_ambient.cluster import facts
from kubectl_ambient.cluster.kinds.kind import Kind
from kubectl_ambient.cluster.wire_parts import Object, Time, Wire
from kubectl_ambient.kube.resources import find_resource

CREATE_SANDBOX, KILL_POD, CREATE = "FailedCreatePodSandBox", "FailedKillPod", "FailedCreate"
SANDBOX_FAILED = f"reason={CREATE_SANDBOX},involvedObject.kind=Pod"
KILL_FAILED = f"reason={KILL_POD},involvedObject.kind=Pod"
DAEMONSET_REFUSED = f"reason={CREATE},involvedObject.kind=DaemonSet"


class InvolvedObject(Wire, frozen=True):
    """`involvedObject` of an Event."""

    kind: str | None = None
    namespace: str | None = None
    name: str | None = None


class Series(Wire, frozen=True):
    """`series` of an Event."""

    last_observed_time: Time = None


class Event(Object, frozen=True):
    """An Event of the core group."""

    involved_object: InvolvedObject | None = None
    reason: str | None = None
    message: str | None = None
    event_time: Time = None
    last_timestamp: Time = None
    series: Series | None = None

    def fact(self, kind: str) -> facts.Event | None:
        """The flat event; None where it is not about an object of that kind."""
        about = self.involved_object
        if about is None or about.kind != kind:
            return None
        return facts.Event(
            namespace=about.namespace or self.namespace,
            name=about.name or "",
            reason=self.reason or "",
            message=self.message or "",
            last_seen=self._last_seen(),
        )

    def _last_seen(self) -> datetime | None:
        repeated = self.series.last_observed_time if self.series else None
        told = (repeated, self.last_timestamp, self.event_time, self.metadata.creation_timestamp)
        return max((time for time in told if time), default=None)


def _about(kind: str, event: Event) -> tuple[facts.Event, ...]:
    fact = event.fact(kind)
    return () if fact is None else (fact,)


EVENTS = Kind(
    part="events",
    resource=find_resource("events"),
    wire=Event,
    facts=partial(_about, "Pod"),
    words="events",
    rights=("list",),
    in_files=False,
)
AGENT_EVENTS = EVENTS.some("agent_events", among=True, words="events of daemonsets", facts=partial(_about, "DaemonSet"))
