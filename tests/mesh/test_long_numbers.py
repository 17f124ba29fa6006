"""A number of thousands of digits, or of other digits than ours, is no reason to end: Python's int() refuses both."""

from __future__ import annotations

import pytest

from kubectl_ambient.cluster.kinds.conditions import WireCondition as Condition
from kubectl_ambient.kube.proxies import proxy_for
from kubectl_ambient.kube.selectors import parse_field_selector, parse_label_selector
from kubectl_ambient.mesh.enrolment import goscalars
from kubectl_ambient.mesh.installation import versions
from kubectl_ambient.mesh.waypoint.allowed_routes import _uint32
from kubectl_ambient.mesh.waypoint.reference import _percent

LONG = "9" * 5000


@pytest.mark.parametrize("text", [LONG, f"-{LONG}", f"+{LONG}"])
def test_a_scalar_is_text_where_no_number_holds_it(text: str) -> None:
    assert goscalars.resolve(text) == ("text", text)


@pytest.mark.parametrize("text", [LONG, "²", "٣", f"-{LONG}"])
def test_a_weight_that_is_none(text: str) -> None:
    assert _percent(text) is None


def test_a_port() -> None:
    assert [_uint32(text) for text in (LONG, "0" * 5000 + "8", "0", "²", "٣")] == [2**32 - 1, 8, 0, 0, 0]


@pytest.mark.parametrize("text", ["1.30.²", "1.٣.0"])
def test_a_version_of_other_digits(text: str) -> None:
    found = versions.parse(text)
    assert found is None or found.minor != 3


def test_a_version_of_many_digits() -> None:
    assert versions.parse(f"1.30.{LONG}") is not None


@pytest.mark.parametrize("generation", [LONG, "²", "٣"])
def test_a_generation(generation: str) -> None:
    assert Condition(observed_generation=generation).fact().generation is None


def test_a_selector_is_refused_with_a_sentence() -> None:
    from kubectl_ambient.kube.errors import UsageError

    with pytest.raises(UsageError, match="the value must be an integer"):
        parse_label_selector(f"a>{LONG}")
    assert parse_field_selector(f"metadata.name={LONG}")


@pytest.mark.parametrize("port", ["²", "٤٤٣", LONG])
def test_a_port_of_no_proxy(port: str) -> None:
    environment = {"HTTPS_PROXY": "http://p:1", "NO_PROXY": f"a:{port}"}
    assert proxy_for("https://a:443", "", environment) == "http://p:1"
