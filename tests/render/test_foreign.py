"""Foreign text takes one line, and what could not be seen is written out; line ends and colours are ours alone."""

from __future__ import annotations

import ast
import json
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import kubectl_ambient
from kubectl_ambient.foreign import one_line, shown, stacked
from kubectl_ambient.kube.errors import ApiError, printable
from kubectl_ambient.mesh.evidence import Step
from kubectl_ambient.render import documents, steps
from kubectl_ambient.render.say import say
from kubectl_ambient.render.sentences import folded, wrapped
from kubectl_ambient.render.table import Columns, fitting, table
from kubectl_ambient.render.terminal import Paint

UNSEEN = {
    "line ends": "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029",
    "control characters": "".join(map(chr, [*range(0x20), *range(0x7F, 0xA0)])),
    "turn the text": "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
    "no width": "\u200b\u200c\u200d\u2060\ufeff\xad\u034f\u180e\u2061\u2062\u2063\u2064",
    "tags": "".join(map(chr, range(0xE0000, 0xE0080))),
    "variation selectors": "".join(map(chr, [*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0), 0x180B])),
    "fillers and blanks": "\u115f\u1160\u3164\uffa0\u17b4\u17b5\u2800\xa0\u2003\u3000",
    "halves of characters": "\ud800\udbff\udc00\udfff",
    "private or none at all": "\ue000\U000f0000\U00100000\ufffe\uffff\U0003fffe\u0378\ufff0",
    "between the lines": "\ufff9\ufffa\ufffb\U0001d173\U0001bca0",
}


def is_seen(text: str) -> bool:
    return not any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") for c in text)


@pytest.mark.parametrize("kind", UNSEEN)
def test_what_nobody_sees_is_written_out(kind: str) -> None:
    for c in UNSEEN[kind]:
        text = one_line(f"a{c}b")
        assert text.isascii(), hex(ord(c))
        assert text.isprintable()
        assert text[0] + text[-1] == "ab"
        assert ast.literal_eval(f"'{text}'") == f"a{c}b"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a\n\t\r\x1b\x9b", r"a\n\t\r\x1b\x9b"),
        ("\u202e\U000e0041", r"\u202e\U000e0041"),
        (r"a\n", r"a\n"),
        ("‼ ✔ ✖ → … “Grüße” 東京 Ελλάδα", "‼ ✔ ✖ → … “Grüße” 東京 Ελλάδα"),
        ("⚠\ufe0f ❤\ufe0e", "⚠\ufe0f ❤\ufe0e"),
        ("⚠\ufe0f\ufe0f", "⚠\ufe0f\\ufe0f"),
        ("Vie\u0323\u0302t", "Vie\u0323\u0302t"),
        ("\u0301a", r"\u0301a"),
        ("\n\u0301", r"\n\u0301"),
        ("Z" + "\u0335" * 30, "Z" + "\u0335" * 4 + r"\u0335" * 26),
    ],
)
def test_what_is_seen_stays(text: str, written: str) -> None:
    assert one_line(text) == written


@given(st.text())
def test_one_line_and_all_of_it_seen(text: str) -> None:
    line = one_line(text)
    assert is_seen(line)
    assert len(line.splitlines()) <= 1
    assert one_line(line) == line
    if text.isascii() and text.isprintable():
        assert line == text


@given(st.lists(st.text()), st.lists(st.text()))
def test_only_our_line_ends_make_lines(first: list[str], second: list[str]) -> None:
    text = stacked([shown(*first), stacked(second), "end"])
    assert text.count("\n") == 1 + len(second or " ")
    assert is_seen(text.replace("\n", ""))


def test_a_plain_text_that_reaches_the_screen_is_foreign(capsys: pytest.CaptureFixture[str]) -> None:
    ours, theirs = stacked(["a", "b"]), "c\nd\x1b[31m"
    say(ours, " ", theirs)
    say(f"{ours} {theirs}")  # what is ours was lost on the way: told on one line, rather than too much believed
    assert capsys.readouterr().out == "a\nb c\\nd\\x1b[31m\na\\nb c\\nd\\x1b[31m\n"


def test_only_what_is_ours_is_coloured(capsys: pytest.CaptureFixture[str]) -> None:
    """A colour of a stranger's is written out on a terminal with colours too."""
    say(Paint(True)("web\x1b[32m", "red"), " \x1b[32m✔\x1b[0m")
    assert capsys.readouterr().out == "\x1b[31mweb\\x1b[32m\x1b[0m \\x1b[32m✔\\x1b[0m\n"
    said = Paint(True).within(shown("Pod is in/is in is in"), "is in", "green", after="Pod is in/is in")
    assert said == "Pod is in/is in \x1b[32mis in\x1b[0m"


@given(st.text(), st.integers(1, 200), st.sampled_from(["", "  "]))
def test_a_fold_is_of_our_making(text: str, width: int, rest: str) -> None:
    lines = folded(text, width, rest=rest)
    assert all(is_seen(line) for line in lines)
    assert wrapped(text, width).count("\n") + 1 <= max(len(lines), 1) or width < 40


@pytest.mark.parametrize("words", range(1, 60))
def test_length_brings_no_word_to_where_our_lines_begin(words: int) -> None:
    for mark in ("‼ shop/web", "✖ broken", "error: gone", "Error from server (NotFound): gone", "undo: x"):
        lines = wrapped(f"{'a ' * words}{mark}", 40).split("\n")
        assert not any(line.startswith(mark.split()[0]) for line in lines[1:]), lines


@pytest.mark.parametrize("words", range(1, 60))
def test_length_brings_no_command_to_where_a_line_begins(words: int) -> None:
    """Ours stand there, at whatever indent: what a stranger wrote into an event must not look like one."""
    for command in ("kubectl delete ns shop", "  istioctl x uninstall", "kubectl"):
        lines = folded(f"{'a ' * words}{command}", 40, first="‼ ", rest="  ")
        assert not any(line.lstrip().startswith(("kubectl", "istioctl")) for line in lines), lines


def test_a_rule_is_told_with_the_line_ends_of_its_message_written_out() -> None:
    out = Step(rule="x", outcome="out", message="a\nb")
    assert steps.step(out, "title", "", 80, Paint(False)).endswith(r"→ a\nb")


def test_what_an_error_quotes_is_one_line() -> None:
    assert printable(" a\nb\u202e\n") == r"a\nb\u202e"
    assert str(ApiError(403, "Forbidden", "a\nb")) == r"Error from server (Forbidden): a\nb"


def test_a_cell_is_one_line_in_its_column() -> None:
    rows = [["a\nNAME", "x\x1b[1m"], ["b", Paint(True)("y\n", "red")]]
    text = table(["NAME", "KEY"], rows)
    assert text == "NAME      KEY\na\\nNAME   x\\x1b[1m\nb         \x1b[31my\\n\x1b[0m"
    assert fitting(["NAME", "KEY"], rows, 18, ["KEY"])[0] == ["NAME", "KEY"]
    assert fitting(["NAME", "KEY"], rows, 17, ["KEY"])[0] == ["NAME"]
    columns = Columns(["NAME", "KEY"], rows, 80, ())
    assert columns.line(["c", "z"]) == "c         z"
    assert columns.line(["c\nd", Paint(True)("z", "red")]) == "c\\nd      \x1b[31mz\x1b[0m"


MARKS = "".join(UNSEEN.values()).encode("utf-8", "ignore").decode()
TEXTS = st.text(st.one_of(st.characters(exclude_categories=("Cs",)), st.sampled_from(MARKS)))
DOCUMENTS = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
)


@pytest.fixture(params=["libyaml", "Python"])
def emitter(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """PyYAML with the C library, and without it, as where it was built from source."""
    if request.param == "Python":
        monkeypatch.delattr(yaml, "CSafeDumper", raising=False)
    documents._dumper.cache_clear()
    yield
    documents._dumper.cache_clear()


def as_documents(value: Any) -> tuple[str, str]:
    return documents.as_json({"v": value}), documents.as_yaml({"v": value})


def test_documents_hold_the_true_value_and_nothing_unseen(emitter: None) -> None:
    @given(DOCUMENTS)
    def holds(value: Any) -> None:
        in_json, in_yaml = as_documents(value)
        assert json.loads(in_json) == {"v": value}
        assert yaml.load(in_yaml, yaml.SafeLoader) == {"v": value}
        for text in (in_json, in_yaml):
            assert is_seen(text.replace("\n", "")), text

    holds()


@pytest.mark.parametrize("kind", UNSEEN)
def test_a_document_holds_each_mark_as_an_escape(kind: str, emitter: None) -> None:
    long = "long enough to be folded " * 50
    value = {f"{long}a{c}b: #": f"{long}a{c}b: #" for c in UNSEEN[kind]}
    in_json, in_yaml = as_documents(value)
    assert in_json.isascii()
    assert json.loads(in_json) == {"v": value}
    assert is_seen(in_yaml.replace("\n", ""))
    if kind == "halves of characters":  # YAML has no way to write them
        value = {f"{long}a\ufffdb: #": f"{long}a\ufffdb: #"}
    assert yaml.load(in_yaml, yaml.SafeLoader) == {"v": value}


def test_what_needs_no_escape_is_written_as_before() -> None:
    value = {"a": "東京 “Grüße” ✔", "b": "one\ntwo\n", "c": "yes"}
    assert documents.as_yaml(value) == "a: 東京 “Grüße” ✔\nb: 'one\n\n  two\n\n  '\nc: 'yes'"
    assert documents.as_json(value).splitlines()[1] == '    "a": "東京 “Grüße” ✔",'


ROOT = Path(kubectl_ambient.__file__).parent
# Say what they hold: our own scripts, files of the person's own that are given back as they are, and our own words.
PRINTERS = {
    "__main__.py",  # the page of help
    "cli/app.py",
    "runs/progress.py",
    "cli/completion/group.py",
    "runs/change/local.py",
    "render/say.py",
    "kube/plugin_policy.py",  # one line, through printable
    "kube/tracebacks.py",  # for a report of a bug, on request
}
MAKERS = {"foreign.py", "render/terminal.py", "render/table.py", "render/documents.py"}


def calls(name: str) -> set[str]:
    found = set()
    for path in ROOT.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)) if f"{name}(" in text else ():
            if isinstance(node, ast.Call) and ast.unparse(node.func) == name and node.args:
                found.add(path.relative_to(ROOT).as_posix())
    return found


def test_nothing_prints_but_say() -> None:
    assert calls("print") | calls("sys.stdout.write") | calls("sys.stderr.write") == PRINTERS


def test_nothing_calls_a_text_ours_but_what_lays_it_out() -> None:
    assert calls("Shown") == MAKERS
