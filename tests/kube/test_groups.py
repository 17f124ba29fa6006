"""Types of API groups that a server does not have."""

from __future__ import annotations

import pytest

from kubectl_ambient.kube.errors import ApiError
from kubectl_ambient.kube.resources import find_resource

from .conftest import MakeClient
from .standin import Reply, StandIn, status

CILIUM = find_resource("ciliumnetworkpolicies")


def groups(*names: str) -> dict[str, object]:
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [{"name": name, "versions": []} for name in names]}


def test_a_type_of_a_group_that_is_not_there_is_told_as_the_server_would(server: StandIn, client: MakeClient) -> None:
    server.answers(Reply(groups("apps")))
    asking = client()
    for _ in range(2):
        with pytest.raises(ApiError) as caught:
            asking.require(CILIUM)
        assert caught.value.is_resource_missing
        assert str(caught.value) == 'error: the server doesn\'t have a resource type "ciliumnetworkpolicies"'
    asking.require(find_resource("deployments"))
    assert asking.requests == 1, "it is asked once"


def test_one_that_is_there_is_asked_for(server: StandIn, client: MakeClient) -> None:
    server.answers(Reply(groups("apps", "cilium.io")))
    client().require(CILIUM)


@pytest.mark.parametrize("body", [{}, [], {"groups": "all"}, {"groups": [7]}, {"kind": "Status"}])
def test_what_is_no_list_of_groups_says_nothing(server: StandIn, client: MakeClient, body: object) -> None:
    server.answers(Reply(body))
    client().require(CILIUM)


def test_who_may_not_ask_is_told_nothing(server: StandIn, client: MakeClient) -> None:
    server.answers(status(403, "Forbidden", "not for you"))
    client().require(CILIUM)
