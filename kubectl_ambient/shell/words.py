"""The words of a command that are not ours: what each must be for Kubernetes, and whether it is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from kubectl_ambient.shell import valid

_TYPE = re.compile(r"[a-z][a-z0-9.]*")
_KIND = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_OURS = re.compile(r"[A-Za-z0-9./-]+")
_MOST = 60


class Patch(Struct, frozen=True, gc=False):
    """A patch: one word, which each shell spells in its own way."""

    json: str


class Word(Struct, frozen=True, gc=False):
    """One word. `wrong` says why Kubernetes cannot mean it (`“a b” is no valid name`); empty where it may."""

    text: str | Patch
    wrong: str = ""


def _word(text: str, fit: bool, what: str, shown: str | None = None) -> Word:
    return Word(text, "" if fit else no_valid(text if shown is None else shown, what))


def no_valid(text: str, what: str) -> str:
    """`“a b” is no valid name`."""
    short = text if len(text) <= _MOST else f"{text[: _MOST - 1]}…"
    return f"“{short}” is no valid {what}"


def name(text: str) -> Word:
    """The name of an object that is no Namespace."""
    return _word(text, valid.is_name(text), "name")


def namespace(text: str) -> Word:
    """The name of a Namespace."""
    return _word(text, valid.is_namespace(text), "name of a namespace")


def inside(text: str) -> tuple[str | Word, ...]:
    """`-n shop`; nothing for what is in no namespace."""
    return ("-n", namespace(text)) if text else ()


def type_(text: str) -> Word:
    """A resource type, as one types it: `deploy`, `gateways.gateway.networking.k8s.io`."""
    return _word(text, _TYPE.fullmatch(text) is not None, "resource type")


def kind(text: str) -> Word:
    """A kind, as a manifest has it: `Deployment`."""
    return _word(text, _KIND.fullmatch(text) is not None, "kind")


def named(of: str, text: str) -> Word:
    """Type and name in one: `deploy/web`, `ns/shop`."""
    fit = valid.is_namespace(text) if of in ("ns", "namespace") else valid.is_name(text)
    return _word(f"{of}/{text}", fit and _TYPE.fullmatch(of) is not None, "name", text)


def label(key: str, value: str | None) -> Word:
    """`team=a` to set a label or to select by it; `team-`, with None, to take it off."""
    if not valid.is_label_key(key):
        return Word("", no_valid(key, "label key"))
    return _word(_change(key, value), valid.is_label_value(value or ""), "label value", value)


def no_taint(key: str, effect: str) -> Word:
    """`cni.istio.io/not-ready:NoSchedule-`, to take a taint off a node."""
    fit = valid.is_label_key(key) and effect in ("NoSchedule", "PreferNoSchedule", "NoExecute")
    return _word(f"{key}:{effect}-", fit, "taint", f"{key}:{effect}")


def annotation(key: str, value: str | None) -> Word:
    """The same for an annotation, whose value may be any text of one line."""
    if not valid.is_annotation_key(key):
        return Word("", no_valid(key, "annotation key"))
    return _word(_change(key, value), valid.is_line(value or ""), "line to paste", value)


def _change(key: str, value: str | None) -> str:
    return f"{key}-" if value is None else f"{key}={value}"


def accounts(found: Iterable[tuple[str, ...]]) -> Word:
    """Service accounts with their namespaces, as istiod lists them: `istio-system/ztunnel,kube-system/ztunnel`."""
    pairs = list(found)
    fit = all(len(pair) == 2 and valid.is_namespace(pair[0]) and valid.is_name(pair[1]) for pair in pairs)
    return _word(",".join("/".join(pair) for pair in pairs), fit, "list of accounts")


def field(path: str, value: Word) -> Word:
    """`involvedObject.name=web-1`: a field selector of ours with a word of theirs."""
    return Word(f"{path}={value.text}", value.wrong)


def typed(text: str) -> Word:
    """What the person typed: any text of one line."""
    return _word(text, valid.is_line(text), "line to paste")


def option(flag: str, value: Word) -> tuple[str | Word, ...]:
    """A flag and its value; in one word where the value looks like a flag."""
    if isinstance(value.text, str) and value.text.startswith("-"):
        return (Word(f"{flag}={value.text}", value.wrong),)
    return (flag, value)


def patch(body: Any) -> Word:
    """A patch. What stands in `labels`, `annotations` and a selector's `values` is theirs, and all else of ours."""
    return Word(Patch(json.dumps(body, separators=(",", ":"), ensure_ascii=False)), _wrong_in(body))


def _wrong_in(body: Any) -> str:
    if isinstance(body, dict):
        for key, value in body.items():
            if key in ("labels", "annotations"):
                make = label if key == "labels" else annotation
                found = next((word.wrong for word in (make(k, v) for k, v in value.items()) if word.wrong), "")
            elif key == "values":
                found = next((no_valid(v, "label value") for v in value if not valid.is_label_value(v)), "")
            else:
                found = _wrong_in(key) or _wrong_in(value)
            if found:
                return found
        return ""
    if isinstance(body, list):
        return next(filter(None, map(_wrong_in, body)), "")
    fit = not isinstance(body, str) or _OURS.fullmatch(body) is not None
    return "" if fit else no_valid(body, "field")
