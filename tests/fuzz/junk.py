"""What is no manifest, or one that no API server would take: any bytes, any values, fields of the wrong type."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import yaml
from hypothesis import strategies as st

from tests.fuzz.clusters import clusters
from tests.fuzz.files import as_yaml
from tests.fuzz.words import Fields

_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(("", "v1", "Pod", "List", "2015-01-01", "1e400", "x" * 3000, "ambient", [], {}, -0.0, 10**400)),
)
_KEYS = st.sampled_from(
    ("kind", "apiVersion", "metadata", "items", "name", "namespace", "labels", "spec", "<<", "")
) | (st.text(max_size=4))
VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=4), max_leaves=12
)
_SNIPPETS = (
    "&a [*a, *a]",
    "a: &x {b: *x}",
    "!!python/object:os.system x",
    "!!binary x",
    "!!timestamp never",
    "? [a, b]\n: c",
    "{a: 1, a: 2}",
    '{"kind": "Pod", "kind": "List", "apiVersion": "v1", "items": 5}',
    '{"apiVersion": "v1", "kind": "List", "items": [',
    "apiVersion: v1\nkind: PodList\nitems: [{}, 5, {metadata: {name: 5}}, {metadata: {name: x, labels: [1]}}]",
    "apiVersion: v1\nkind: List\nitems: {a: b}",
    "apiVersion: v1\nkind: Pod\nmetadata: {name: x, name: y, labels: {a: null, b: 1, c: true}}",
    "%YAML 9.9\n",
    "%TAG ! x\n",
    "\ufeff",
    "a: 'b",
    "\t- x",
    "[" * 300,
    "- " * 300 + "x",
    "{" * 300,
    '{"a":' * 300,
    "x: |\n  ---\n  y",
    "...\n",
    "--- x\n",
    "a: \ud800".encode("utf-8", "surrogatepass").decode("utf-8", "replace"),
    '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "\\ud800"}}',
    '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x", "creationTimestamp": "yesterday"}}',
    '{"a": NaN}',
    '{"a": 1e999}',
)


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, held in inner:
        yield from _paths(held, (*path, key))


@st.composite
def _bent(draw: st.DrawFn) -> Fields:
    """An object in which something is of another type, or has another key."""
    found = copy.deepcopy(draw(st.sampled_from(draw(clusters()))))
    for _ in range(draw(st.integers(1, 3))):
        *above, last = draw(st.sampled_from(list(_paths(found))[1:]))
        holder: Any = found
        for step in above:
            holder = holder[step]
        if isinstance(holder, dict) and draw(st.booleans()):
            holder[draw(_KEYS)] = holder.pop(last)
        else:
            holder[last] = draw(VALUES)
    return found


def _dumped(value: Any) -> str:
    return yaml.safe_dump(value, allow_unicode=True)


_BYTES = st.binary(max_size=60) | st.binary(max_size=30).map(lambda found: b"\xff\xfe" + found)
TEXTS = st.one_of(
    st.text(max_size=40),
    st.sampled_from(_SNIPPETS),
    VALUES.map(json.dumps),
    VALUES.map(_dumped),
    _bent().map(json.dumps),
    _bent().map(as_yaml),
)
JUNK = st.one_of(_BYTES, TEXTS.map(lambda text: text.encode("utf-8", "surrogatepass")))
"""The bytes of one file."""
