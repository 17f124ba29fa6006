"""Names alone, for completion."""

from __future__ import annotations

import pytest

from kubectl_ambient.kube.errors import ApiError, BadAnswer
from kubectl_ambient.kube.resources import find_resource

from .conftest import MakeClient
from .standin import Reply, StandIn, status

PODS = find_resource("pods")


def table(*rows: list[object], formats: tuple[str, ...] = ("name", "")) -> Reply:
    columns = [{"name": f"Column {n}", "type": "string", "format": text} for n, text in enumerate(formats)]
    return Reply({"kind": "Table", "columnDefinitions": columns, "rows": [{"cells": row} for row in rows]})


def test_one_request_for_the_first_names_and_nothing_behind_them(client: MakeClient, server: StandIn) -> None:
    server.answers(table(["web-1", "Running"], ["web-2", "Pending"]))
    assert client(namespace="shop").names(PODS, limit=7) == ["web-1", "web-2"]
    (seen,) = server.seen
    assert (seen.path, seen.query) == ("/api/v1/namespaces/shop/pods", {"limit": "7", "includeObject": "None"})
    assert seen.headers["Accept"] == "application/json;as=Table;g=meta.k8s.io;v=v1"


def test_what_has_no_namespace_is_not_asked_for_in_one(client: MakeClient, server: StandIn) -> None:
    server.answers(table(["shop"]))
    assert client(namespace="shop").names(find_resource("ns"), limit=7) == ["shop"]
    assert server.seen[0].path == "/api/v1/namespaces"


def test_the_column_of_names_need_not_be_the_first(client: MakeClient, server: StandIn) -> None:
    server.answers(table(["1d", "web-1"], ["2d"], formats=("", "name")))
    assert client().names(PODS, limit=7) == ["web-1"]


def test_a_refusal_and_what_is_no_table_are_told(client: MakeClient, server: StandIn) -> None:
    server.answers(status(403, "Forbidden", "no"))
    with pytest.raises(ApiError):
        client().names(PODS, limit=7)
    server.answers(Reply({"kind": "Table", "rows": [{"cells": "web-1"}]}))
    with pytest.raises(BadAnswer, match="the table of pods cannot be read"):
        client().names(PODS, limit=7)
