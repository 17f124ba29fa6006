"""Errors that differ in the object alone are one line where there are many."""

from __future__ import annotations

from kubectl_ambient.kube.errors import ApiError
from kubectl_ambient.runs.change.remarks import like_errors, name_in


def refused(name: str) -> ApiError:
    words = f'namespaces "{name}" is forbidden: User "dev" cannot patch resource "namespaces" in the namespace "{name}"'
    return ApiError(403, "Forbidden", words, {"name": name, "kind": "namespaces"})


def told(*names: str) -> list[str]:
    errors = [refused(name) for name in names]
    return [str(line) for line in like_errors((name_in(e), f"namespace/{name_in(e)}", str(e)) for e in errors)]


def test_a_few_are_told_each() -> None:
    assert told("a", "b", "c") == [str(refused(name)) for name in ("a", "b", "c")]


def test_many_are_one_line_with_a_count() -> None:
    (line,) = told("a", "b", "c", "d", "e")
    assert line == f"{refused('a')} (and 4 more like it: namespace/b, namespace/c, namespace/d and 1 more)"


def test_what_names_no_object_names_them_all() -> None:
    lost = "error: the connection was lost"
    assert list(map(str, like_errors(("", "", lost) for _ in range(3)))) == [lost]
    named = list(map(str, like_errors((n, f"namespace/{n}", lost) for n in "ab")))
    assert named == [f"{lost} (namespace/a, namespace/b)"]


def test_those_of_another_kind_stand_for_themselves() -> None:
    other = ApiError(404, "NotFound", 'namespaces "z" not found', {"name": "z"})
    errors = [*map(refused, "abcde"), other]
    lines = [str(line) for line in like_errors((name_in(e), name_in(e), str(e)) for e in errors)]
    assert len(lines) == 2
    assert lines[1] == str(other)
