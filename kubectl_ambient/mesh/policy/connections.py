"""Connections as the ztunnel that receives them sees them."""

from __future__ import annotations

from msgspec import Struct


class Identity(Struct, frozen=True, gc=False):
    """Who speaks, as its certificate says."""

    trust_domain: str
    namespace: str
    service_account: str

    @property
    def principal(self) -> str:
        """As policies write it: `cluster.local/ns/shop/sa/cart`."""
        return f"{self.trust_domain}/ns/{self.namespace}/sa/{self.service_account}"

    def __str__(self) -> str:
        return f"spiffe://{self.principal}"


class Connection(Struct, frozen=True, kw_only=True, gc=False):
    """A connection to a port of a pod. `identity` is None where it comes in plain text.

    An address is None where it is not known: what is asked of it cannot be told then.
    """

    identity: Identity | None
    port: int
    source_ip: str | None = None
    destination_ip: str | None = None
