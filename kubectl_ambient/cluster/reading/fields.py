"""One object, as the API or a manifest has it, as its wire type and as its fact."""

from __future__ import annotations

from typing import Any

import msgspec

from kubectl_ambient.cluster.kinds.table import BY_KIND
from kubectl_ambient.kube.decoding import decoder_of
from kubectl_ambient.kube.errors import BadAnswer
from kubectl_ambient.kube.resources import Resource


def wire_of(resource: Resource, fields: dict[str, Any]) -> Any:
    """The wire type of the object. Raises BadAnswer for fields of another type than the API's."""
    wire = BY_KIND[resource.kind].wire
    decoder_of(wire)  # msgspec then knows the type, which a thread that reads may be about to learn
    try:
        return msgspec.convert(fields, wire)
    except msgspec.ValidationError as error:
        name = str((fields.get("metadata") or {}).get("name") or "")
        raise BadAnswer(f'error: {resource.name_for_output} "{name}" cannot be read: {error}') from None


def fact_of(resource: Resource, fields: dict[str, Any]) -> Any:
    """The fact of the object, of the type that its kind has. Raises BadAnswer as `wire_of` does."""
    (fact,) = BY_KIND[resource.kind].facts(wire_of(resource, fields))
    return fact
