"""Labels and annotations as a manifest writes them, and what an API server would refuse of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from kubectl_ambient.cluster.kinds.labelled import Refused
from kubectl_ambient.cluster.label_keys import concerns_istio
from kubectl_ambient.cluster.wrong_type import mismatch
from kubectl_ambient.kube.label_syntax import label_key_problems, label_value_problems


class Texts(Struct, frozen=True):
    """A map of texts; `others` are the values that are none (`true`, `10`), as they were written."""

    texts: dict[str, str]
    others: dict[str, Any]


def texts_of(holder: Any, field: str, path: str = "metadata") -> Texts:
    """The labels or the annotations of what stands at `path`; none, where that is no object. Raises ValueError."""
    found = holder.get(field) if isinstance(holder, dict) else None
    if found is None:
        return Texts({}, {})
    if not isinstance(found, dict):
        raise ValueError(mismatch(f"{path}.{field}", "an object", found))
    others = {key: value for key, value in found.items() if not isinstance(value, str) and value is not None}
    return Texts({key: _text(value) for key, value in found.items()}, others)


def _text(value: Any) -> str:
    """The text that was most likely meant; null is the empty one, as in Go."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def refusals(field: str, found: Texts, *, of_labels: bool) -> Iterator[Refused]:
    """What an API server refuses of those that concern Istio, with its words."""
    yield from no_texts(field, found)
    for key, value in found.texts.items():
        if not concerns_istio(key) or key in found.others:
            continue
        problems = label_key_problems(key if of_labels else key.lower())
        problems += label_value_problems(value) if of_labels else []
        if problems:
            yield Refused(field=field, key=key, value=value, why="; ".join(problems))


def no_texts(field: str, found: Texts) -> Iterator[Refused]:
    """Those values that are no texts. All that is refused of `spec.labels`, which take any key."""
    for key, value in found.others.items():
        if concerns_istio(key):
            why = mismatch(field, "a string", value).partition(": ")[2]
            yield Refused(field=field, key=key, value=found.texts[key], why=why)
