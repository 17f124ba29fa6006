"""What a label key and a label value may look like, with the API's own words for what is wrong."""

from __future__ import annotations

import re

from kubectl_ambient.shell.valid import DNS_SUBDOMAIN as _SUBDOMAIN
from kubectl_ambient.shell.valid import LABEL_NAME as _NAME

from .utf8 import utf8

_VALUE = re.compile(f"({_NAME})?")
_NAME_WORDS = (
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric"
    f" character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '{_NAME}')"
)
_VALUE_WORDS = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must"
    " start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used"
    f" for validation is '({_NAME})?')"
)
_SUBDOMAIN_WORDS = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must"
    " start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is"
    f" '{_SUBDOMAIN}')"
)


def label_key_problems(key: str) -> list[str]:
    """What is wrong with a label key such as `istio.io/rev`; empty when it is valid."""
    if key.count("/") > 1:
        return [
            f"a valid label key {_NAME_WORDS} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
        ]
    problems = []
    prefix, slash, name = key.rpartition("/")
    if slash and not prefix:
        problems.append("prefix part must be non-empty")
    elif prefix:
        if len(prefix) > 253:
            problems.append("prefix part must be no more than 253 bytes")
        if not re.fullmatch(_SUBDOMAIN, prefix):
            problems.append(f"prefix part {_SUBDOMAIN_WORDS}")
    if not name:
        problems.append("name part must be non-empty")
    elif len(utf8(name)) > 63:
        problems.append("name part must be no more than 63 bytes")
    if not re.fullmatch(_NAME, name):
        problems.append(f"name part {_NAME_WORDS}")
    return problems


def label_value_problems(value: str) -> list[str]:
    """What is wrong with a label value; empty when it is valid (the empty string is)."""
    problems = []
    if len(utf8(value)) > 63:
        problems.append("must be no more than 63 bytes")
    if not _VALUE.fullmatch(value):
        problems.append(_VALUE_WORDS)
    return problems
