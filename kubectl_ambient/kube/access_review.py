"""What this user may do, asked of the server itself: a SelfSubjectAccessReview, which everybody may send."""

from __future__ import annotations

import msgspec

from .request import Request


class _Status(msgspec.Struct):
    allowed: bool = False


class _Review(msgspec.Struct):
    status: _Status


def asking(verb: str, resource: str, subresource: str, namespace: str) -> Request:
    """The question whether this may be done to all such objects of a namespace. It changes nothing."""
    attributes = {"verb": verb, "resource": resource, "subresource": subresource, "namespace": namespace}
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    return Request(
        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
        method="POST",
        content_type="application/json",
        body=msgspec.json.encode(review),
    )


def allowed(body: bytes | bytearray) -> bool:
    """The answer. One that is none allows nothing."""
    try:
        return msgspec.json.decode(body, type=_Review).status.allowed
    except msgspec.DecodeError:
        return False
