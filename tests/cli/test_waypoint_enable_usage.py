"""Wrong usage of waypoint enable and disable: one sentence, exit code 2, and nothing is read."""

from __future__ import annotations

import pytest

from .enable_fixtures import Run

WRONG = [
    ("enable", "one or more resources must be specified as <resource> <name> or <resource>/<name>"),
    ("enable svc", "resource(s) were provided, but no name was specified"),
    ("enable svc cart --all", "name cannot be provided when a selector is specified"),
    ("enable svc cart -A", "a resource cannot be retrieved by name across all namespaces"),
    ("enable deploy web", "deployments.apps cannot have a waypoint: that takes namespaces, services, pods"),
    ("disable gateway wp", "gateways.gateway.networking.k8s.io cannot have a waypoint"),
    ("enable svc cart --waypoint=infra/wp --waypoint-namespace=shop", "names another namespace than"),
    ("enable svc cart --waypoint=infra/", 'invalid --waypoint "infra/": it is NAME or NAMESPACE/NAME'),
    ("enable svc cart --waypoint=a/b/wp", 'invalid --waypoint-namespace "a/b"'),
    ("enable svc cart --waypoint=none", 'invalid --waypoint "none": that opts out'),
    ("enable svc cart --waypoint=a*b", 'invalid --waypoint "a*b": a valid label must be'),
    ("enable svc cart --waypoint-namespace=a/b", 'invalid --waypoint-namespace "a/b": a valid label must be'),
    ("enable svc cart -o wide", 'unable to match a printer suitable for the output format "wide"'),
    ("enable svc cart --dry-run=yes", 'Invalid dry-run value (yes). Must be "none", "server", or "client".'),
    ("enable -f x.yaml", "-f needs --local"),
    ("disable --local -f x --dry-run=server", "cannot specify --local and --dry-run=server"),
]


@pytest.mark.parametrize(("line", "words"), WRONG)
def test_wrong_usage(ambient: Run, line: str, words: str) -> None:
    found = ambient("waypoint", *line.split())
    assert (found.code, found.out) == (2, "")
    assert found.err.startswith("error: ")
    assert words in found.err
    assert found.err.count("\n") == 1


@pytest.mark.parametrize(
    "line", ["enable svc cart --opt-out", "disable svc cart --force", "disable svc cart --overwrite"]
)
def test_flags_of_the_other_command(ambient: Run, line: str) -> None:
    found = ambient("waypoint", *line.split())
    assert (found.code, found.out) == (2, "")
    assert "No such option" in found.err
