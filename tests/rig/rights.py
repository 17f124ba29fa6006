"""Rights of the users of tests."""

from __future__ import annotations

from .apiserver import ApiServer
from .processes import wait_for

_REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"


def wait_until_granted(
    server: ApiServer, user: str, verb: str, resource: str, namespace: str = "", name: str = ""
) -> None:
    """Wait until a grant is in force: the server heeds a binding a moment after it has stored it.

    `resource` is `pods`, `pods/exec` or `gateways.gateway.networking.k8s.io`, as kubectl names it; `name` one object of
    it.
    """
    plural, _, group = resource.partition(".")
    plural, _, part = plural.partition("/")
    asked = {
        "verb": verb,
        "resource": plural,
        "subresource": part,
        "group": group,
        "namespace": namespace,
        "name": name,
    }
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {"user": user, "resourceAttributes": asked},
    }

    def granted() -> bool:
        return bool(server.api.request("POST", _REVIEWS, review)["status"]["allowed"])

    wait_for(f"{user} to be allowed to {verb} {resource}", granted)
