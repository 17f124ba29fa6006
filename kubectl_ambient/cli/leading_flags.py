"""kubectl's connection flags may stand before the verb (`kubectl -n shop get pods`); so they may before ours."""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_ambient.cli.kube_command import connection_flags


def behind_the_command(words: Sequence[str]) -> list[str]:
    """`-n shop status web` as `status -n shop web`; words that begin otherwise stay as they are."""
    takes_value = {name: not flag.is_flag for flag in connection_flags() for name in flag.opts}
    first = 0
    while first < len(words) and words[first].startswith("-"):
        name, equals, _ = words[first].partition("=")
        flag = name if name.startswith("--") else name[:2]
        if flag not in takes_value:
            return list(words)
        value_is_next = takes_value[flag] and flag == name and not equals
        first += 2 if value_is_next else 1
    return [*words[first : first + 1], *words[:first], *words[first + 1 :]]
