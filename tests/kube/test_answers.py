import json
from typing import Any

import pytest

from kubectl_ambient.kube.answers import api_error
from kubectl_ambient.kube.errors import ApiError, Expired
from kubectl_ambient.kube.resources import find_resource

PODS = find_resource("pods")


def of(code: int, reason: str = "", message: str = "why", **details: Any) -> ApiError:
    body = {"kind": "Status", "code": code, "reason": reason, "message": message, "details": details}
    return api_error(code, json.dumps(body).encode(), "application/json", resource=PODS)


def test_a_status_is_told_as_kubectl_tells_it() -> None:
    assert str(of(404, "NotFound", 'pods "x" not found', name="x")) == (
        'Error from server (NotFound): pods "x" not found'
    )
    assert str(of(403, "Forbidden")) == "Error from server (Forbidden): why"
    assert str(of(401, "Unauthorized", "Unauthorized")) == ("error: You must be logged in to the server (Unauthorized)")
    assert str(of(500)) == "Error from server: why"


def test_what_kind_of_refusal_it_is() -> None:
    assert of(403, "Forbidden").is_forbidden
    assert of(409, "Conflict").is_conflict
    assert not of(409, "AlreadyExists").is_conflict
    assert of(410, "Expired").is_gone
    assert isinstance(of(410, "Expired"), Expired)
    assert of(429, "TooManyRequests").is_too_many_requests
    assert of(404, "NotFound", name="x").is_not_found
    assert not of(404, "NotFound", name="x").is_resource_missing


@pytest.mark.parametrize("body", [b"404 page not found\n", b'{"kind":"Status","reason":"NotFound","details":{}}'])
def test_a_missing_resource_type_is_told_apart_from_a_missing_object(body: bytes) -> None:
    error = api_error(404, body, "text/plain", resource=find_resource("gateways"))
    assert error.is_not_found
    assert error.is_resource_missing
    assert str(error) == 'error: the server doesn\'t have a resource type "gateways"'


def test_an_invalid_object_is_told_with_its_causes() -> None:
    one = {"field": "metadata.labels", "message": "bad"}
    error = of(422, "Invalid", name="x", kind="Pod", causes=[one, one])
    assert str(error) == 'The Pod "x" is invalid: metadata.labels: bad'
    two = of(422, "Invalid", name="x", kind="Pod", causes=[one, {"field": "spec", "message": "worse"}])
    assert str(two) == 'The Pod "x" is invalid: \n* metadata.labels: bad\n* spec: worse'
    assert str(of(422, "Invalid")) == "The request is invalid: why"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (401, "error: You must be logged in to the server (the server has asked for the client to provide"),
        (403, "Error from server (Forbidden): unknown (get pods)"),
        (429, "Error from server (TooManyRequests): the server has received too many requests and has asked"),
        (500, 'Error from server (InternalError): an error on the server ("unknown") has prevented'),
        (503, "Error from server (ServiceUnavailable): the server is currently unable to handle the request"),
        (418, "Error from server: the server responded with the status code 418 but did not return more"),
    ],
)
def test_an_answer_without_a_status_has_client_gos_words(code: int, words: str) -> None:
    error = api_error(code, b"<html>login</html>", "text/html", resource=PODS)
    assert str(error).startswith(words)
    assert "html" not in str(error)


@pytest.mark.parametrize("body", [b"", b"[", b"[]", b'{"kind":"Pod","message":"x"}', b"\xff", b"[" * 100_000])
def test_only_a_status_is_believed(body: bytes) -> None:
    assert str(api_error(403, body, "application/json")) == "Error from server (Forbidden): unknown"


def test_the_servers_words_cannot_drive_the_terminal_or_fill_it() -> None:
    error = of(403, "Forbidden", "\x1b[2Jevil\r" + "x" * 10_000)
    assert "\x1b" not in str(error)
    assert len(str(error)) < 2200
