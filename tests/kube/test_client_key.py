"""Issue 10, number 10: a client key is in memory only, so that no end of the program can leave it on a disk."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from kubectl_ambient.kube import memory_file
from kubectl_ambient.kube.errors import ConfigError
from tests.rig.certificates import Authority, KeyPair

from .conftest import MakeClient
from .program import ambient
from .standin import Reply, StandIn
from .test_auth import OK, as_data, common_name, get, plugin

# Prints each file that is opened to be written, or made; the program's own words follow.
WATCHED = """
import os, sys
def watch(event, args):
    if event == "open" and not isinstance(args[0], int):  # a number is open already, as what is in memory
        if args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) and args[0] != os.devnull:
            os.write(2, f"WRITES {args[0]}\\n".encode())
    if event in ("os.mkdir", "os.rename", "os.link", "tempfile.mkstemp", "tempfile.mkdtemp"):
        os.write(2, f"WRITES {event} {args}\\n".encode())
sys.addaudithook(watch)
sys.dont_write_bytecode = True
from kubectl_ambient.__main__ import main
sys.argv[0] = "kubectl-ambient"
main()
"""


def both_ways(pair: KeyPair, folder: Path) -> dict[str, dict[str, object]]:
    paths = (str(pair.certificate), str(pair.key))
    code = f"answer(clientCertificateData=Path({paths[0]!r}).read_text(), clientKeyData=Path({paths[1]!r}).read_text())"
    return {"data": dict(as_data(pair)), "plugin": plugin(folder, code)}


@pytest.mark.parametrize("way", ["data", "plugin"])
def test_nothing_is_ever_written_while_a_key_is_used(
    tls_server: StandIn,
    authority: Authority,
    client_pair: KeyPair,
    write_kubeconfig: Callable[..., Path],
    tmp_path: Path,
    way: str,
) -> None:
    """What is never written cannot be left behind by SIGKILL."""
    tls_server.answers(Reply({"gitVersion": "v1.36.1"}))
    cluster = {"server": tls_server.url, "certificate-authority": str(authority.certificate)}
    path = write_kubeconfig(cluster, both_ways(client_pair, tmp_path)[way])
    ran = ambient("version", "--kubeconfig", str(path), launch=("-c", WATCHED))
    assert ran.code == 0, ran.err
    assert common_name(tls_server) == "carol"
    assert "WRITES" not in ran.err


def test_the_watch_sees_what_is_written(tmp_path: Path) -> None:
    """Or the test above could not fail."""
    ran = ambient(launch=("-c", WATCHED.partition("from kubectl")[0] + f"open({str(tmp_path / 'x')!r}, 'w')"))
    assert ran.err == f"WRITES {tmp_path}/x\n"


@pytest.fixture
def by_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on macOS."""
    monkeypatch.delattr(os, "memfd_create", raising=False)


@pytest.mark.usefixtures("by_pipe")
class TestThroughAPipe:
    def test_a_key_is_used(self, tls_client: MakeClient, tls_server: StandIn, client_pair: KeyPair) -> None:
        tls_server.answers(OK)
        get(tls_client(as_data(client_pair)))
        assert common_name(tls_server) == "carol"

    def test_one_that_cannot_be_used_is_told(
        self, tls_client: MakeClient, client_pair: KeyPair, serving: KeyPair
    ) -> None:
        mixed = {**as_data(client_pair), "client-key-data": as_data(serving)["client-key-data"]}
        with pytest.raises(ConfigError, match=r"^error: tls: .* \(client certificate of u\)$"):
            tls_client(mixed)

    def test_more_than_a_pipe_holds_can_be_read_or_left(self) -> None:
        content = b"x" * 1_000_000
        with memory_file.as_path(content) as path:
            assert Path(path).read_bytes() == content
        with memory_file.as_path(content) as path, Path(path).open("rb") as file:
            assert file.read(1) == b"x"
        with memory_file.as_path(content):
            pass


def test_no_other_program_inherits_it() -> None:
    with memory_file.as_path(b"x") as path:
        assert not os.get_inheritable(int(Path(path).name))


def test_where_an_open_file_has_no_path_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_file, "_OPEN_FILES", ("/nowhere",))
    with pytest.raises(ConfigError, match="where there is no /proc"), memory_file.as_path(b"x"):
        pass
