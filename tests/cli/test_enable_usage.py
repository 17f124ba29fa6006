"""Wrong usage of enable and disable: one sentence, exit code 2, and nothing is read."""

from __future__ import annotations

import pytest

from .enable_fixtures import Run, ambient, clean_environment

__all__ = ["ambient", "clean_environment"]

WRONG = [
    ("enable", "one or more resources must be specified as <resource> <name> or <resource>/<name>"),
    ("enable ns", "resource(s) were provided, but no name was specified"),
    ("enable ns shop --all", "name cannot be provided when a selector is specified"),
    ("enable ns/shop -l a=b", "selectors and the all flag cannot be used when passing resource/name arguments"),
    ("enable ns --all -l a=b", "cannot set --all and --selector at the same time"),
    ("enable ns --all --field-selector a=b", "cannot set --all and --field-selector at the same time"),
    ("enable pod web -A", "a resource cannot be retrieved by name across all namespaces"),
    ("enable ns -l a==b==c", "found '==', expected: ',' or 'end of string'"),
    ("enable ns --field-selector a", "invalid selector: 'a'; can't understand 'a'"),
    ("enable ns shop -o wide", 'unable to match a printer suitable for the output format "wide"'),
    ("enable ns shop --dry-run=yes", 'Invalid dry-run value (yes). Must be "none", "server", or "client".'),
    ("enable svc web", "services cannot be enabled: that takes namespaces, pods, and what makes pods"),
    ("disable node n1", "nodes cannot be disabled: that takes namespaces, pods, and what makes pods"),
    ("enable frobs a", 'the server doesn\'t have a resource type "frobs"'),
    ("enable pod a/b", "there is no need to specify a resource type as a separate argument"),
    ("enable -f x.yaml", "-f needs --local"),
    ("enable ns shop -f x.yaml", "-f needs --local"),
    ("enable --local", "one or more files must be specified as -f pod.yaml or --filename=pod.json"),
    ("enable ns --local -f x.yaml", "resource(s) were provided, but no name was specified"),
    ("enable ns/shop --local -f x.yaml -l a=b", "selectors and the all flag cannot be used when passing"),
    ("enable svc/web --local -f x.yaml", "services cannot be enabled: that takes namespaces, pods"),
    ("enable --local -f x --dry-run=server", "cannot specify --local and --dry-run=server"),
    ("enable --local -f x --field-selector a=b", "--local takes no --field-selector"),
    ("enable --local -f x --all", "--all needs a TYPE"),
    ("enable --in-place -f x", "--in-place needs --local"),
    ("enable ns/shop --in-place", "--in-place needs --local"),
    ("enable --local --in-place -f -", "--in-place needs files: standard input (-f -) cannot be written to"),
    ("enable --local --in-place -f x -o yaml", "--in-place writes the files: it takes no -o json and -o yaml"),
]


@pytest.mark.parametrize(("line", "words"), WRONG)
def test_wrong_usage(ambient: Run, line: str, words: str) -> None:
    found = ambient(*line.split())
    assert (found.code, found.out) == (2, "")
    assert found.err.startswith("error: ")
    assert words in found.err
    assert found.err.count("\n") == 1


def test_opt_out_belongs_to_disable(ambient: Run) -> None:
    assert ambient("enable", "ns", "shop", "--opt-out").code == 2


def test_without_a_kubeconfig_there_is_a_sentence(ambient: Run) -> None:
    found = ambient("enable", "ns", "shop")
    assert found.code == 1
    assert "Traceback" not in found.err
    assert found.err
