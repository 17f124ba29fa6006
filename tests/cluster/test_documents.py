from __future__ import annotations

import io
import json
import tracemalloc
from collections.abc import Callable
from itertools import chain, islice
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from kubectl_ambient.cluster.documents import Broken, Document, Part, decode, documents, read
from kubectl_ambient.cluster.objects import NoObject, Object, Objects
from kubectl_ambient.kube.yaml_bounds import DEEPEST, LARGEST

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


def test_aliases_that_multiply_are_refused_as_by_go_yaml() -> None:
    layers = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, 12))
    assert documents("l0: &l0 x\n" + layers) == [Broken(1, "not YAML: document contains excessive aliasing (line 5)")]
    assert only("l0: &l0 x\n" + "".join(layers.splitlines(keepends=True)[:2]))["l2"] == [["x"] * 9] * 9


def test_long_texts_that_multiply_are_refused() -> None:
    (broken,) = documents(f"t: &t {'a' * 100_000}\nu: [{'*t,' * 20_000}]\n")
    assert isinstance(broken, Broken)
    assert "excessive aliasing (line 2)" in broken.why


@pytest.mark.parametrize(("text", "wrong"), [("&a [*a]", "'a' value contains itself"), ("[*b]", "unknown anchor 'b'")])
def test_an_alias_of_what_is_not_there_yet(text: str, wrong: str) -> None:
    (broken,) = documents(text)
    assert isinstance(broken, Broken)
    assert wrong in broken.why


@pytest.mark.parametrize("text", ["[", "{a: ", '{"a":'])
def test_depth_is_bounded_the_same_in_yaml_and_json(text: str) -> None:
    close = "]" if text == "[" else "}"
    assert isinstance(documents(text * DEEPEST + "1" + close * DEEPEST)[0], Document)
    (broken,) = documents(text * (DEEPEST + 1) + "1" + close * (DEEPEST + 1))
    assert broken == Broken(1, "not YAML: nested too deeply (line 1)")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1" * 10_000_000, "1" * 10_000_000),
        ("0x" + "f" * 1_000_000, "0x" + "f" * 1_000_000),
        ("1e999999999", "1e999999999"),
        ("0x1" + "0" * 16, "0x1" + "0" * 16),
        (":".join(["59"] * 10_000), ":".join(["59"] * 10_000)),
        ("!!python/name:os.system", ""),
        ("!!binary '%%'", "%%"),
        ("!!timestamp 2026-11-28", "2026-11-28"),
        ("!!int 0x10", 16),
    ],
)
def test_odd_scalars_cost_nothing_and_make_nothing(text: str, value: Any) -> None:
    assert only(f"v: {text}\n")["v"] == value


@pytest.mark.parametrize("text", ["!!timestamp never", "!!int x", "!!bool 1", "!!float x", "!!null x"])
def test_a_value_that_is_not_what_its_tag_says_is_refused_as_by_kubectl(text: str) -> None:
    (found,) = documents(f"v: {text}\n")
    assert isinstance(found, Broken)
    assert f"cannot decode !!str `{text.split()[1]}` as a {text.split()[0]}" in found.why


def test_halves_of_surrogate_pairs_are_read_as_by_go() -> None:
    assert only('{"a": "\\ud800", "b": "\\ud83d\\ude00"}') == {"a": "\ufffd", "b": "\U0001f600"}


class Endless:
    """A file that counts how far it was read."""

    def __init__(self, head: str, item: Callable[[int], str], tail: str, count: int) -> None:
        self._texts = chain([head], map(item, range(count)), [tail])
        self.given = 0

    def read(self, size: int) -> bytes:
        found = "".join(islice(self._texts, 100)).encode()
        self.given += len(found)
        return found


PAD = "x" * 1000
LARGE = {
    "a list in YAML, its kind last": (
        "items:\n",
        f"- {{kind: Pod, apiVersion: v1, number: %d, pad: {PAD}}}\n",
        "kind: List\n",
    ),
    "a list in YAML": (
        "kind: List\nitems:\n",
        f"- kind: Pod\n  apiVersion: v1\n  number: %d\n  pad: {PAD}\n",
        "metadata: {}\n",
    ),
    "documents": ("", f"kind: Pod\napiVersion: v1\nnumber: %d\npad: {PAD}\n---\n", ""),
    "a list in JSON": (
        '{"kind": "List", "items": [{}',
        f',\n{{"kind": "Pod", "apiVersion": "v1", "number": %d, "pad": "{PAD}"}}',
        "]}",
    ),
    "values in JSON": ("", f'{{"kind": "Pod", "apiVersion": "v1", "number": %d, "pad": "{PAD}"}}\n', ""),
}


@pytest.mark.parametrize("shape", LARGE)
def test_6_what_is_in_memory_is_bounded_by_one_item(shape: str) -> None:
    head, item, tail = LARGE[shape]
    count = 20_000
    file = Endless(head, lambda n: item % n, tail, count)
    numbers: list[int] = []
    tracemalloc.start()
    try:
        for part in read(file, hold=100_000):
            assert not isinstance(part, Broken), part
            values = part.items if isinstance(part, Part) else [part.value, *(part.value or {}).get("items", [])]  # type: ignore[union-attr]
            numbers += [value["number"] for value in values if isinstance(value, dict) and "number" in value]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert numbers == list(range(count))
    assert file.given > 20_000_000
    assert peak < 6_000_000


@pytest.mark.parametrize("hold", [1, 1 << 20])
@pytest.mark.parametrize("text", [
    "kind: PodList\napiVersion: v1\nitems:\n- {metadata: {name: a}}\n- {metadata: {name: b}}\n",
    "items:\n- {metadata: {name: a}}\n- {metadata: {name: b}}\nkind: PodList\napiVersion: v1\n",
    '{"kind": "PodList", "apiVersion": "v1", "items": [{"metadata": {"name": "a"}}, {"metadata": {"name": "b"}}]}',
    '{"items": [{"metadata": {"name": "a"}}, {"metadata": {"name": "b"}}], "kind": "PodList", "apiVersion": "v1"}',
])  # fmt: skip
def test_a_list_is_the_same_whole_or_in_parts(text: str, hold: int) -> None:
    lists = Objects()
    found = [o for part in read(io.BytesIO(text.encode()), hold) for o in lists.of(part)]
    assert [(o.kind, o.group, o.fields["metadata"]["name"], o.path) for o in found if isinstance(o, Object)] == [
        ("Pod", "", "a", ("items", 0)),
        ("Pod", "", "b", ("items", 1)),
    ]
    assert len(found) == 2


def test_items_of_what_turns_out_to_be_no_list_are_told() -> None:
    text = "items:\n- {kind: Pod, apiVersion: v1}\n- {kind: Pod, apiVersion: v1}\nkind: Shop\n"
    lists = Objects()
    found = [o for part in read(io.BytesIO(text.encode()), 1) for o in lists.of(part)]
    assert found[-1] == NoObject("Shop is no list; what stands in its items was read as if it were one")


@pytest.mark.parametrize("text", ["kind: Pod\nx: {}\n", '{{"kind": "Pod", "x": "{}"}}\n'])
def test_an_object_that_is_too_large_hides_no_other(text: str) -> None:
    large = text.format("a" * (LARGEST + 1))
    found = list(read(io.BytesIO(f"a: 1\n---\n{large}---\nb: 2\n".encode())))
    assert [type(part) for part in found] == [Document, Broken, Document]
    assert isinstance(found[1], Broken)
    assert found[1].why.startswith("one object of more than 16 MiB")


def test_what_is_no_text_is_told_by_its_line_and_hides_nothing_before() -> None:
    found = list(read(io.BytesIO(b"a: 1\n---\nb: \xff\n")))
    assert found == [Document(1, {"a": 1}), Broken(2, "not UTF-8 text (line 3)")]
    (broken,) = read(io.BytesIO(b"a: 1\nb: \0\n"))
    assert broken == Broken(1, "not YAML: control characters are not allowed (line 2)")


def test_flow_yaml_may_be_large() -> None:
    text = "{items: [" + "{a: on}, " * 50_000 + "]}"
    assert text.startswith("{")
    found = list(read(io.BytesIO(text.encode()), 1000))
    assert sum(len(part.items) for part in found if isinstance(part, Part)) == 50_000


def test_a_large_json_list_that_breaks_off() -> None:
    text = '{"items": [' + '{"a": 1},\n' * 1000
    found = list(read(io.BytesIO(text.encode()), 100))
    assert isinstance(found[-1], Broken)
    assert "(line 1001)" in found[-1].why
    assert len(found) == 1001


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings(encoding: str) -> None:
    assert decode("a: ü✔\n".encode(encoding)) == "a: ü✔\n"


def test_other_encodings_are_refused() -> None:
    with pytest.raises(UnicodeDecodeError):
        decode("ü".encode("latin-1"))


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_what_is_good_before_half_a_character_in_utf_16_is_read(encoding: str) -> None:
    data = "\ufeffa: ü\n---\nb: ".encode(encoding) + "\udc00".encode(encoding, "surrogatepass")
    first, broken = read(io.BytesIO(data))
    assert first == Document(1, {"a": "ü"})
    assert isinstance(broken, Broken)
    assert broken.why == "not UTF-8 text (line 3)"
