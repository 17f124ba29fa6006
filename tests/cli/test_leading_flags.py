"""What may stand before the command, as before kubectl's verb: connection flags, and `help`."""

from __future__ import annotations

import pytest

from kubectl_ambient.cli.kube_command import behind_the_command

from .enable_fixtures import Run


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("status web", "status web"),
        ("-n shop status web", "status -n shop web"),
        ("-nshop status -A", "status -nshop -A"),
        ("-n=shop --context=dev status", "status -n=shop --context=dev"),
        ("--insecure-skip-tls-verify --as me status", "status --insecure-skip-tls-verify --as me"),
        ("--as-group a --as-group b waypoint list", "waypoint --as-group a --as-group b list"),
        ("--help", "--help"),
        ("--version", "--version"),
        ("-A status", "-A status"),
        ("-n", "-n"),
        ("-n shop", "-n shop"),
        ("", ""),
    ],
)
def test_they_go_to_the_command(typed: str, read: str) -> None:
    assert behind_the_command(typed.split()) == read.split()


@pytest.mark.parametrize(
    "words", [("-n", "shop", "status"), ("-n", "shop", "waypoint", "list"), ("waypoint", "--as", "me", "status")]
)
def test_commands_know_them(ambient: Run, words: tuple[str, ...]) -> None:
    told = ambient(*words, "-f", "/nowhere")
    assert (told.code, told.err) == (1, 'error: the path "/nowhere" does not exist\n')


def test_no_command_and_other_flags_are_refused(ambient: Run) -> None:
    assert ambient("-n", "shop").code == 2
    assert ambient("-A", "status").code == 2
    assert "No such option: -n" in ambient("-n", "shop", "completion", "bash").err


def test_help_as_a_command(ambient: Run) -> None:
    for words in ((), ("status",), ("waypoint",), ("waypoint", "list")):
        told = ambient("help", *words)
        assert told.code == 0
        assert told == ambient(*words, "--help")
    assert ambient("waypoint", "help", "list") == ambient("waypoint", "list", "--help")
    assert ambient("help", "nosuch").code == 2
