"""What a command imports while it asks a real cluster: each module is a millisecond or so of everybody's day."""

from __future__ import annotations

import pytest

from tests.cli.test_startup import modules_of
from tests.rig.cluster import Cluster

# Measured with Python 3.11, beyond the bare interpreter.
COMMANDS = {
    "status -n istio-system": 425,
    "status -A -o name": 375,
    "explain pod {pod} -n istio-system": 385,
    "enable ns default --dry-run=server": 460,
    "version": 320,
}
TABLES = {"status -n istio-system"}


@pytest.mark.parametrize("command", COMMANDS)
def test_what_a_command_imports(cluster: Cluster, command: str) -> None:
    pod = cluster.pods("istio-system")[0]["metadata"]["name"]
    words = command.format(pod=pod).split()
    code, found = modules_of(*words, "--kubeconfig", str(cluster.kubeconfig))
    assert code == 0
    # Those that are slow to import, and that most commands do without.
    assert not {"kubernetes", "rich"} & found
    assert ("tabulate" in found) == (command in TABLES)
    assert len(found) <= COMMANDS[command] * 1.1, sorted(found)
