"""What Kubernetes takes for a name, a label key and a label value, and what fits on one line of the screen."""

from __future__ import annotations

import re

LABEL_NAME = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
DNS_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
DNS_SUBDOMAIN = rf"{DNS_LABEL}(\.{DNS_LABEL})*"

_LABEL_NAME, _DNS_LABEL, _DNS_SUBDOMAIN = map(re.compile, (LABEL_NAME, DNS_LABEL, DNS_SUBDOMAIN))
_LONGEST_LABEL, _LONGEST_SUBDOMAIN = 63, 253


def is_name(text: str) -> bool:
    """Whether an object can have this name: of the kinds that we name, none allows more than a DNS subdomain."""
    return len(text) <= _LONGEST_SUBDOMAIN and _DNS_SUBDOMAIN.fullmatch(text) is not None


def is_namespace(text: str) -> bool:
    """Whether a namespace can have this name."""
    return len(text) <= _LONGEST_LABEL and _DNS_LABEL.fullmatch(text) is not None


def is_label_key(text: str) -> bool:
    """Whether a label can have this key."""
    prefix, slash, name = text.rpartition("/")
    return (not slash or is_name(prefix)) and len(name) <= _LONGEST_LABEL and _LABEL_NAME.fullmatch(name) is not None


def is_annotation_key(text: str) -> bool:
    """Whether an annotation can have this key: its prefix may be in upper case."""
    return is_label_key(text.lower())


def is_label_value(text: str) -> bool:
    """Whether a label can have this value; the empty one counts."""
    return not text or (len(text) <= _LONGEST_LABEL and _LABEL_NAME.fullmatch(text) is not None)


def is_line(text: str) -> bool:
    """Whether it can be seen as it is, and copied: no line break, nothing without a shape, nothing that turns text."""
    return text.isprintable()
