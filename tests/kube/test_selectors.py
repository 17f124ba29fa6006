"""Compared with apimachinery 0.36.1 on 80,000 random selectors when it was written; the traps are kept here."""

import pytest

from kubectl_ambient.kube.errors import UsageError
from kubectl_ambient.kube.selectors import POD_FIELDS, parse_field_selector, parse_label_selector


@pytest.mark.parametrize(
    ("text", "labels", "matches"),
    [
        ("", {}, True),
        ("a=b", {"a": "b"}, True),
        ("a==b", {"a": "c"}, False),
        ("a=b", {}, False),
        ("a=", {"a": ""}, True),
        ("a=", {}, False),
        ("a!=b", {}, True),
        ("a!=b", {"a": "b"}, False),
        ("a in (b,c)", {"a": "c"}, True),
        ("a in (b,,c)", {"a": ""}, True),
        ("a in ()", {"a": ""}, True),
        ("a notin (b)", {}, True),
        ("a notin (b)", {"a": "b"}, False),
        ("a", {"a": ""}, True),
        ("!a", {}, True),
        ("!a", {"a": ""}, False),
        ("a>1", {"a": "2"}, True),
        ("a>1", {"a": "x"}, False),
        ("a<1", {}, False),
        ("a<9", {"a": "-5"}, True),
        ("in in (in,notin)", {"in": "notin"}, True),
        (" a = b , c ", {"a": "b", "c": ""}, True),
        ("a=b,c=d", {"a": "b"}, False),
        ("istio.io/rev in (x),!y", {"istio.io/rev": "x"}, True),
    ],
)
def test_a_label_selector_matches_as_in_the_api(text: str, labels: dict[str, str], matches: bool) -> None:
    assert parse_label_selector(text).matches(labels) is matches


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
        ("a in b", "unable to parse requirement: found 'b' expected: '('"),
        ("a in (b", "unable to parse requirement: found '', expected: ',' or ')'"),
        ("a=b c", "found 'c', expected: ',' or 'end of string'"),
        ("=x", "found '=', expected: !, identifier, or 'end of string'"),
        ("a,,b", "found ',', expected: identifier after ','"),
        ("a,", "found '', expected: identifier after ','"),
        ("!", "unable to parse requirement: found '', expected: identifier"),
        ("a=(", "unable to parse requirement: found '(', expected: identifier"),
        ("/a", 'unable to parse requirement: <nil>: Invalid value: "/a": prefix part must be non-empty'),
        ("a/b/c", 'unable to parse requirement: <nil>: Invalid value: "a/b/c": a valid label key must consist'),
        ("a=-b", 'unable to parse requirement: values[0][a]: Invalid value: "-b": a valid label must be an empty'),
        ("a>x", "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the"),
    ],
)
def test_an_invalid_label_selector_is_told_in_apimachinerys_words(text: str, words: str) -> None:
    with pytest.raises(UsageError) as e:
        parse_label_selector(text)
    assert str(e.value).startswith(f"error: {words}")
    assert e.value.exit_code == 2


def test_a_selector_prints_as_the_server_takes_it() -> None:
    text = "z in (c,a),!b,a==1,n>5"
    assert str(parse_label_selector(text)) == "a=1,!b,n>5,z in (a,c)"
    assert parse_label_selector(str(parse_label_selector(text))) == parse_label_selector(text)


@pytest.mark.parametrize(
    ("text", "fields", "matches"),
    [
        ("", {}, True),
        ("metadata.name=a", {"metadata.name": "a"}, True),
        ("metadata.name==a", {"metadata.name": "b"}, False),
        ("metadata.name!=a", {"metadata.name": "b"}, True),
        ("spec.nodeName=", {}, True),
        ("status.phase=Running,spec.nodeName=n", {"status.phase": "Running"}, False),
        (r"metadata.name=a\,b\=c", {"metadata.name": "a,b=c"}, True),
    ],
)
def test_a_field_selector_matches_as_in_the_api(text: str, fields: dict[str, str], matches: bool) -> None:
    assert parse_field_selector(text).matches(fields) is matches


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("foo", "invalid selector: 'foo'; can't understand 'foo'"),
        ("spec.host=x", "field label not supported: spec.host"),
        (r"metadata.name=\x", r"invalid field selector: invalid escape sequence: \x"),
        ("metadata.name=a=b", "invalid field selector: unescaped character in value: 61"),
    ],
)
def test_an_invalid_field_selector_is_told_in_kubernetes_words(text: str, words: str) -> None:
    with pytest.raises(UsageError) as e:
        parse_field_selector(text, POD_FIELDS)
    assert str(e.value) == f"error: {words}"
