"""Field selectors, for manifests: live, the server reads them itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from .errors import UsageError

POD_FIELDS = frozenset(
    (
        "metadata.name",
        "metadata.namespace",
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.schedulerName",
        "spec.serviceAccountName",
        "spec.hostNetwork",
        "status.phase",
        "status.podIP",
        "status.nominatedNodeName",
    )
)


class FieldSelector(NamedTuple):
    """Terms (field, wanted, value) that must all hold; `wanted` is False for `!=`."""

    terms: tuple[tuple[str, bool, str], ...] = ()

    def matches(self, fields: Mapping[str, str]) -> bool:
        """Whether an object does. `fields` maps a field's path to its text (`true`/`false` for a bool);
        a path that is not there has the empty text, as in the API."""
        return all((fields.get(field, "") == value) is wanted for field, wanted, value in self.terms)

    def __bool__(self) -> bool:
        return bool(self.terms)


def parse_field_selector(text: str, known: Collection[str] | None = None) -> FieldSelector:
    r"""Parses what stands after `--field-selector`: `a=b`, `a==b`, `a!=b`, with `\,` and `\=` in values.

    `known` are the fields that may be asked for (`POD_FIELDS`, in files); None leaves that to the server.
    Raises UsageError in apimachinery's words.
    """
    terms = []
    for part in sorted(_split(text)):
        if not part:
            continue
        term = _term(part)
        if term is None:
            raise UsageError(f"error: invalid selector: '{text}'; can't understand '{part}'")
        if known is not None and term[0] not in known:
            raise UsageError(f"error: field label not supported: {term[0]}")
        # apimachinery takes a term that names nothing and asks for nothing for no term at all.
        if term[0] or term[2]:
            terms.append(term)
    return FieldSelector(tuple(terms))


def _split(text: str) -> list[str]:
    parts, start, escaped = [], 0, False
    for i, c in enumerate(text):
        if escaped:
            escaped = False
        elif c == "\\":
            escaped = True
        elif c == ",":
            parts.append(text[start:i])
            start = i + 1
    return [*parts, text[start:]]


def _term(part: str) -> tuple[str, bool, str] | None:
    for i in range(len(part)):
        for operator in ("!=", "==", "="):
            if part.startswith(operator, i):
                return part[:i], operator != "!=", _unescape(part[i + len(operator) :])
    return None


def _unescape(value: str) -> str:
    out, escaped = [], False
    for c in value:
        if escaped:
            if c not in "\\,=":
                raise UsageError(f"error: invalid field selector: invalid escape sequence: \\{c}")
            escaped = False
        elif c == "\\":
            escaped = True
            continue
        elif c in ",=":
            # The API prints the number of the character here.
            raise UsageError(f"error: invalid field selector: unescaped character in value: {ord(c)}")
        out.append(c)
    if escaped:
        raise UsageError("error: invalid field selector: invalid escape sequence: \\")
    return "".join(out)
