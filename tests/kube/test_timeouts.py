import pytest

from kubectl_ambient.kube.errors import UsageError
from kubectl_ambient.kube.timeouts import parse_duration, parse_timeout


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0", None), ("", None), ("5", 5), ("5s", 5), ("1m30s", 90), ("2h", 7200), ("500ms", 0.5), ("1.5m", 90)],
)
def test_a_timeout_is_seconds_or_a_go_duration(text: str, seconds: float | None) -> None:
    assert parse_timeout(text) == seconds


@pytest.mark.parametrize(
    "text", ["abc", "-5", "5 s", "5d", "s", "5s5", "²s", "٣", "9" * 30, "9" * 5000, "9" * 99 + "h"]
)
def test_anything_else_is_refused_in_kubectls_words(text: str) -> None:
    with pytest.raises(UsageError, match=r"^error: Invalid timeout value\. Timeout must be a single integer"):
        parse_timeout(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0", 0), ("0s", 0), ("-0", 0), ("30s", 30), ("1m30s", 90), ("1.5m", 90), ("-1s", -1), ("+2h", 7200)],
)
def test_the_time_of_a_wait_is_a_go_duration(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("5", 'missing unit in duration "5"'),
        ("abc", 'invalid duration "abc"'),
        ("", 'invalid duration ""'),
        ("5x", 'invalid duration "5x"'),
        ("--5s", 'invalid duration "--5s"'),
        ("9" * 30 + "h", 'invalid duration "9'),
    ],
)
def test_other_times_of_a_wait_are_refused_in_gos_words(text: str, why: str) -> None:
    with pytest.raises(UsageError, match=f'^error: invalid argument "{text}" for "--timeout" flag: time: {why}'):
        parse_duration(text)
