from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from kubectl_ambient.cluster.documents import Broken, Document, decode, documents

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=12,
)


def only(text: str) -> Any:
    (document,) = documents(text)
    assert isinstance(document, Document)
    return document.value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        # What kubectl 1.36 made of them, by `kubectl annotate --local -o json`.
        ("on", True),
        ("y", True),
        ("N", False),
        ("yes", True),
        ("True", True),
        ("~", None),
        ("", None),
        ("Null", None),
        ("0777", 511),
        ("0o7", 7),
        ("08", 8),
        ("0x1F", 31),
        ("-0x1F", -31),
        ("0b11", 3),
        ("1_000", 1000),
        ("1e3", 1000),
        ("1.", 1),
        ("-.5", -0.5),
        ("12345678901234567890", 1.2345678901234567e19),
        ("_1", "_1"),
        ("0o8", "0o8"),
        ("0xg", "0xg"),
        ("1:30", "1:30"),
        ("2026-01-01", "2026-01-01"),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ("-.", "-."),
        ("1e", "1e"),
        ("=", "="),
        ("NaN", "NaN"),
        ("1.2.3", "1.2.3"),
        ('"on"', "on"),
        ("'1'", "1"),
        ("!!str 5", "5"),
        ('!!int "5"', 5),
        ("!foo x", "x"),
        ("!!timestamp 2026-01-01", "2026-01-01"),
        ("{on: 1, 0x10: 2, y: 3}", {"true": 3, "16": 2}),
        ("{off: 1, 1.5: 2, a: 3}", {"false": 1, "1.5": 2, "a": 3}),
        ('{"on": 1, "0x10": 2}', {"on": 1, "0x10": 2}),
        ("{a: &k b, *k : c}", {"a": "b", "b": "c"}),
        ("[&a 1, *a]", [1, 1]),
        ("{<<: {a: 1}, b: 2}", {"a": 1, "b": 2}),
        ("{<<: [{a: 1}, {a: 2}], b: 2}", {"a": 1, "b": 2}),
        ("{b: 2, <<: {b: 1}}", {"b": 1}),
        ('{"<<": 1}', {"<<": 1}),
        ("{a: 1, a: 2}", {"a": 2}),
        ("|\n   a\n   b\n", "a\nb\n"),
    ],
)
def test_scalars_mean_what_they_mean_to_kubectl(text: str, value: Any) -> None:
    found = only(f"v: {text}\n")["v"]
    assert found == value
    assert isinstance(found, bool) == isinstance(value, bool)


@settings(deadline=None)
@given(JSON)
def test_json_reads_as_json(value: Any) -> None:
    assert only(json.dumps({"v": value})) == {"v": value}


@settings(deadline=None)
@given(JSON)
def test_yaml_with_quotes_reads_as_it_was_meant(value: Any) -> None:
    class Quoting(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:
            return True

    Quoting.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, '"'))
    assert only(yaml.dump({"v": value}, Dumper=Quoting, allow_unicode=True)) == {"v": value}


def test_documents_are_numbered_and_a_broken_one_hides_no_other() -> None:
    found = documents("a: 1\n---\nb: [\n--- # comment\nc: 3\n---\n# nothing\n---\n\n--- {d: 4}\n")
    assert found == [
        Document(1, {"a": 1}),
        Broken(2, "not YAML: did not find expected node content (line 4)"),
        Document(3, {"c": 3}),
        Document(4, {"d": 4}),
    ]


def test_lines_are_counted_in_the_file() -> None:
    (_, broken) = documents("a: 1\nb: 2\n---\nc: 3\nd: 'x\n")
    assert isinstance(broken, Broken)
    assert broken.why.endswith("(line 6)")


def test_a_directive_is_no_document() -> None:
    assert documents("%YAML 1.1\n---\na: 1\n...\n") == [Document(1, {"a": 1})]


def test_json_values_one_after_another() -> None:
    assert documents('{"a": 1}\n {"b": [2]}\n') == [Document(1, {"a": 1}), Document(2, {"b": [2]})]


def test_flow_yaml_that_begins_as_json_does() -> None:
    assert only("{a: on, b: [x, y]}") == {"a": True, "b": ["x", True]}


@pytest.mark.parametrize(
    "text",
    [
        "*nope",
        "{? [a] : b}",
        "{<<: 5}",
        "a: b: c",
        "\ta: 1",
        "a: \x01",
        "[&a 1, *b]",
        "{&k [1]: 2}",
        "{a: &k [1], *k : 2}",
    ],
)
def test_what_is_no_yaml_is_broken(text: str) -> None:
    (broken,) = documents(text)
    assert isinstance(broken, Broken)
    assert broken.why.startswith("not YAML: ")
    assert "\n" not in broken.why


@pytest.mark.parametrize("text", ["[" * 50_000 + "]" * 50_000, "- " * 50_000 + "x", "{" * 50_000, '{"a":' * 50_000])
def test_deep_nesting_is_survived(text: str) -> None:
    assert len(documents(text)) == 1


def test_aliases_share_and_do_not_multiply() -> None:
    layers = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, 12))
    assert only("l0: &l0 x\n" + layers)["l1"] == ["x"] * 9


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings(encoding: str) -> None:
    assert decode("a: ü✔\n".encode(encoding)) == "a: ü✔\n"


def test_other_encodings_are_refused() -> None:
    with pytest.raises(UnicodeDecodeError):
        decode("ü".encode("latin-1"))
