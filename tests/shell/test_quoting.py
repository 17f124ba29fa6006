"""One word is one word, in bash and by PowerShell's rules, whatever it holds."""

from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kubectl_ambient.shell.aim import Aim
from kubectl_ambient.shell.command import Command, Unfit, chain, kubectl, lines_with, remark
from kubectl_ambient.shell.quoting import as_flow, posix, powershell, survives_powershell
from kubectl_ambient.shell.words import (
    Word,
    annotation,
    field,
    inside,
    kind,
    label,
    name,
    named,
    namespace,
    option,
    patch,
    type_,
    typed,
)

from . import powershell as reader
from .bash import Bash

META = "'\"`$\\;&|<>(){}[]*?~#!%=,@^:+-_./ abcXYZ09‘’‚‛“”é→"
POWERSHELL = Aim(shell="powershell")
words = st.text(st.one_of(st.sampled_from(META), st.characters(exclude_categories=["Cs"])), max_size=12).filter(
    lambda text: text.isprintable()
)
HOSTILE = (
    "x; touch PWNED #",
    "$(touch PWNED)",
    "`touch PWNED`",
    "a'b",
    "a'; touch PWNED; '",
    "’; touch PWNED; ‘",
    "",
    "~",
)
MORE = (
    "=ls",
    "-x.y",
    "--",
    "--%",
    "1kb",
    "a,b",
    "@a",
    "!!",
    "a\\",
    "a b\\",
    "{a,b}",
    "a=~",
    "%PATH%",
    "a && b",
    "<a",
    "*",
)


@pytest.fixture(scope="module")
def bash(tmp_path_factory: pytest.TempPathFactory) -> Bash:
    return Bash(tmp_path_factory.mktemp("bash"))


@settings(deadline=None, max_examples=15)
@given(found=st.lists(words, min_size=1, max_size=60))
@example(found=[*HOSTILE, *MORE])
def test_bash_reads_each_word_as_it_was_meant(bash: Bash, found: list[str]) -> None:
    ran = bash.run([f"kubectl a {posix(word)} b" for word in found])
    assert ran == [[["kubectl", "a", word, "b"]] for word in found]


def test_fish_finds_no_escape_in_single_quotes() -> None:
    """There `\\'` would end no quotes."""
    assert posix("a\\'; touch PWNED; '") == """'a'"\\\\"''"'"'; touch PWNED; '"'"''"""


@settings(deadline=None)
@given(words)
@example(HOSTILE[5])
@example(MORE[0])
@example("a b\\")
@example('a "b"')
def test_powershell_reads_each_word_as_it_was_meant(word: str) -> None:
    assert reader.commands(f"kubectl a {powershell(word)} b") == [["kubectl", "a", word, "b"]]
    if survives_powershell(word):
        assert reader.handed_on(word) == word


@pytest.mark.parametrize("word", ["a", "istio.io/use-waypoint=wp", "ns/shop", "-n", "--type=merge", "a-"])
def test_harmless_words_have_no_quotes(word: str) -> None:
    assert (posix(word), powershell(word)) == (word, word)


NAMES = ("shop", "a.b-c", "0a")
NO_NAMES = ("", "-a", "a-", "A", "a b", "a\nb", "a;b", "a/b", "é", "a\n", "x" * 254, "--overwrite", "$(a)")


@pytest.mark.parametrize("text", NO_NAMES)
def test_no_command_holds_what_cannot_be_a_name(text: str) -> None:
    for word in (name(text), namespace(text), named("deploy", text), field("a", name(text))):
        assert isinstance(kubectl("get", word), Unfit), word
    assert not text or isinstance(kubectl("get pods", *inside(text)), Unfit)
    assert isinstance(remark("change", name(text)), Unfit)


@pytest.mark.parametrize("text", NAMES)
def test_names(text: str) -> None:
    assert kubectl("get pod", name(text)) == Command(("kubectl", "get", "pod", text))


def test_a_namespace_is_a_dns_label() -> None:
    assert isinstance(kubectl("get ns", namespace("a.b")), Unfit)
    assert isinstance(kubectl("get", named("ns", "a.b")), Unfit)
    assert isinstance(kubectl("get ns", namespace("a" * 64)), Unfit)


@pytest.mark.parametrize(
    "word",
    [
        label("team", "x; touch PWNED #"),
        label("team", "a\n"),
        label("team", "x" * 64),
        label("te am", "a"),
        label("a/b/c", None),
        label("-x", None),
        annotation("a", "two\nlines"),
        annotation("a", "back\u202ewards"),
        annotation("a b", "c"),
        patch({"metadata": {"labels": {"a": "b c"}}}),
        patch({"metadata": {"labels": {"a b": None}}}),
        patch({"metadata": {"annotations": {"a": "b\nc"}}}),
        patch([{"op": "add", "path": "/a b"}]),
        typed("a\nb"),
        type_("deploy; a"),
        kind("Deploy ment"),
    ],
)
def test_no_command_holds_what_kubernetes_refuses(word: Word) -> None:
    assert word.wrong
    assert isinstance(kubectl("get", word), Unfit)
    assert isinstance(chain(kubectl("a"), kubectl("get", word)), Unfit)
    assert isinstance(lines_with(kubectl("a"), word), Unfit)


@pytest.mark.parametrize("text", ["a; b", "$(a)", "a  b", "a\nb", "", "'a'"])
def test_a_text_that_is_not_ours_makes_no_command(text: str) -> None:
    """The linter sees to it that none comes here; should one, it must not pass for ours."""
    assert isinstance(kubectl("get", text), Unfit)


def test_what_is_said_where_no_command_is_offered() -> None:
    told = Aim().say(("to mend it: ", kubectl("label ns", namespace("shop"), label("team", "x; touch PWNED #"))))
    assert told == "to mend it: (no command is offered: “x; touch PWNED #” is no valid label value)"


@pytest.mark.parametrize(
    "value", ["true", "No", "y", "null", "a:b", "it's", "1", "a{b", "-", "~", "# a", "a, b", "x: y"]
)
def test_a_patch_is_the_same_in_every_shell(bash: Bash, value: str) -> None:
    body = {"metadata": {"annotations": {"istio.io/rev": value, "y": None}}, "spec": [{"from": "All"}]}
    command = kubectl("patch", name("a"), "-p", patch(body))
    assert isinstance(command, Command)
    (ran,) = bash.run([Aim().text(command) or ""])
    assert json.loads(ran[0][-1]) == body
    (words,) = reader.commands(POWERSHELL.text(command) or "")
    assert '"' not in words[-1]
    assert not words[-1].startswith("{"), "kubectl would take it for JSON"
    assert yaml.safe_load(reader.handed_on(words[-1])) == body == yaml.safe_load(as_flow(json.dumps(body)))


def test_what_powershell_would_change_is_not_offered_there() -> None:
    command = kubectl("annotate pod", name("a"), annotation("b", 'say "hi"'))
    assert isinstance(command, Command)
    assert POWERSHELL.text(command) is None
    assert "PowerShell 5.1 would change a word of it" in POWERSHELL.say(command)
    assert Aim().text(command) == "kubectl annotate pod a 'b=say \"hi\"'"


def test_the_parts_of_a_line_in_each_shell() -> None:
    command = chain(lines_with(kubectl("logs a"), name("1b")), kubectl("b"), kubectl("c"))
    assert isinstance(command, Command)
    flags = (("--context", "it’s"),)
    assert Aim(flags).text(command) == (
        "kubectl logs a --context 'it’s' | grep 1b && kubectl b --context 'it’s' && kubectl c --context 'it’s'"
    )
    assert Aim(flags, "powershell").text(command) == (
        "kubectl logs a --context 'it’’s' | Select-String -SimpleMatch '1b'; if ($?) { kubectl b --context 'it’’s'; "
        "if ($?) { kubectl c --context 'it’’s' } }"
    )


def test_a_value_that_looks_like_a_flag() -> None:
    command = kubectl("get pods", *option("-l", typed("-a")))
    assert isinstance(command, Command)
    assert Aim((("--context", "-prod"), ("-f", "-"))).text(command) == "kubectl get pods -l=-a --context=-prod -f -"


def test_flags_that_istioctl_does_not_have() -> None:
    from kubectl_ambient.shell.command import istioctl

    command = istioctl("version")
    assert isinstance(command, Command)
    assert Aim((("--context", "a"),)).text(command) == "istioctl version --context a"
    assert Aim((("--server", "https://a"),)).text(command) is None
    assert "istioctl has no flag --server" in Aim((("--server", "https://a"),)).say(command)


def test_flags_that_cannot_be_pasted() -> None:
    command = kubectl("get pods")
    assert isinstance(command, Command)
    assert Aim((("--kubeconfig", "a\nb"),)).text(command) is None
