"""Conditions of an object's status, and the objects that have them."""

import re
from datetime import datetime

from msgspec import field

from kubectl_ambient.cluster.facts import Fact
from kubectl_ambient.cluster.wire_parts import Wire

_INTEGER = re.compile(r"[0-9]{1,19}")


class Condition(Fact, frozen=True):
    """A condition of an object's status, as its controller wrote it.

    `generation` is the one that it looked at; `changed` is when it last turned, as it is written, of Istio's policies.
    """

    type: str
    status: str
    reason: str = ""
    message: str = ""
    generation: int | None = None
    changed: str = ""

    @property
    def since(self) -> datetime | None:
        """When it last turned; None where that is no time."""
        try:
            found = datetime.fromisoformat(self.changed)
        except ValueError:
            return None
        return found if found.tzinfo else None

    @property
    def true(self) -> bool:
        """Whether it holds."""
        return self.status == "True"


class Conditioned(Fact, frozen=True):
    """Base of what has a namespace, a name, labels and conditions."""

    namespace: str
    name: str
    labels: dict[str, str] = field(default_factory=dict)
    conditions: tuple[Condition, ...] = ()

    def condition(self, type_: str) -> Condition | None:
        """The condition of that type; None where it was not written."""
        return next((c for c in self.conditions if c.type == type_), None)

    @property
    def ref(self) -> str:
        """`Service/shop/cart`, as evidence names it."""
        return f"{type(self).__name__}/{self.namespace}/{self.name}"


class WireCondition(Wire, frozen=True):
    """`status.conditions[]`. Istio's own API leaves out what is empty, and may write the generation as a text."""

    type: str | None = None
    status: str | None = None
    reason: str | None = None
    message: str | None = None
    observed_generation: int | str | None = None

    def fact(self) -> Condition:
        """The flat condition."""
        generation = str(self.observed_generation)
        return Condition(
            type=self.type or "",
            status=self.status or "",
            reason=self.reason or "",
            message=self.message or "",
            generation=int(generation) if _INTEGER.fullmatch(generation) else None,
        )


class Status(Wire, frozen=True):
    """`status` of an object of which only the conditions count."""

    conditions: list[WireCondition] | None = None

    def facts(self) -> tuple[Condition, ...]:
        """The flat conditions."""
        return tuple(c.fact() for c in self.conditions or ())


NO_STATUS = Status()


class Address(Wire, frozen=True):
    """`status.addresses[]` of a ServiceEntry or of a Gateway, and `spec.addresses[]` of this."""

    value: str | None = None
    type: str | None = None


class AddressStatus(Status, frozen=True):
    """`status` of an object that is given addresses."""

    addresses: list[Address] | None = None

    def values(self) -> tuple[str, ...]:
        """The addresses."""
        return tuple(address.value or "" for address in self.addresses or ())


NO_ADDRESSES = AddressStatus()
