import pytest

from kubectl_ambient.kube.errors import UsageError
from kubectl_ambient.kube.timeouts import parse_timeout


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
