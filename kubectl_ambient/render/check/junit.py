"""`check -o junit`: a test suite for each section, a test for each check, as CI servers show them."""

from __future__ import annotations

from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

from kubectl_ambient.foreign import Shown, one_line, stacked
from kubectl_ambient.mesh.check.run import Report, Result


def junit(report: Report) -> Shown:
    """The XML. A warning fails its test as an error does, with another type; what was not told is skipped."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f"<testsuites{_sums(report.results)}>"]
    for name, results in report.sections():
        lines.append(f'  <testsuite name="{name}"{_sums(results)}>')
        lines += [line for result in results for line in _case(result)]
        lines.append("  </testsuite>")
    return stacked([*lines, "</testsuites>"])


def _sums(results: Iterable[Result]) -> str:
    found = list(results)
    failed = sum(bool(result.hits) for result in found)
    skipped = sum(result.outcome in ("unknown", "skipped") for result in found)
    return f' tests="{len(found)}" failures="{failed}" errors="0" skipped="{skipped}"'


def _case(result: Result) -> list[str]:
    head = f"    <testcase classname={_quoted(result.check.id)} name={_quoted(result.check.title)}"
    message = _quoted(result.message)
    if result.hits:
        told = (escape(one_line(f"{hit.object}: {hit.message}.")) for hit in result.hits)
        failure = [f'      <failure type="{result.outcome}" message={message}>', *told, escape(result.check.page)]
        return [f"{head}>", *failure, "      </failure>", "    </testcase>"]
    if result.outcome in ("unknown", "skipped"):
        return [f"{head}>", f"      <skipped message={message}/>", "    </testcase>"]
    return [f"{head}/>"]


def _quoted(text: str) -> str:
    return quoteattr(one_line(text))
