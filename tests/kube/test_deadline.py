"""Issue 10, 5: `--request-timeout` ends the whole request, whatever it is doing then; the real kubectl beside it."""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kubectl_ambient.kube.deadline import Deadline, TimedOut
from kubectl_ambient.kube.errors import TIMED_OUT, ApiError, ConnectionFailed
from tests.rig import programs
from tests.rig.certificates import Authority, KeyPair

from .conftest import MakeClient, Object
from .slow_server import ANSWERS, HANDSHAKES, PROXIES, TOO_MUCH, Manner, SlowServer
from .standin import Reply, StandIn, pod
from .test_transport import NAMESPACE

SECONDS = 1
LONGEST = 30  # on a busy machine; what does not end goes on for ever
AMBIENT = (sys.executable, "-m", "kubectl_ambient")
KUBECTL = programs.find("kubectl")
asks_kubectl = pytest.mark.skipif(KUBECTL is None, reason="kubectl is not built: make control-plane")

Slow = Callable[..., str]


@pytest.fixture
def slow(authority: Authority, serving: KeyPair, tmp_path: Path) -> Iterator[Slow]:
    """Starts a server of that manner, and gives a kubeconfig for it."""
    servers: list[SlowServer] = []

    def start(manner: Manner, *, tls: bool = False, handshake: bool = False, proxy: bool = False) -> str:
        context = None
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(serving.certificate, serving.key)
        servers.append(SlowServer(manner, context))
        cluster: dict[str, Any] = {"server": f"{'https' if tls or handshake else 'http'}://{servers[-1].at}"}
        if tls or handshake or proxy:
            cluster["certificate-authority"] = str(authority.certificate)
        if proxy:
            cluster |= {"server": "https://api.invalid", "proxy-url": f"http://{servers[-1].at}"}
        path = tmp_path / "kubeconfig"
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "dev",
            "clusters": [{"name": "c", "cluster": cluster}],
            "users": [{"name": "u", "user": {"token": "abc"}}],
            "contexts": [{"name": "dev", "context": {"cluster": "c", "user": "u"}}],
        }
        path.write_text(json.dumps(content))
        return str(path)

    yield start
    for server in servers:
        server.stop()


def run(*words: str, kubeconfig: str, longest: float = LONGEST) -> tuple[int, str, float]:
    """Exit code, stderr, and seconds. Fails where the program does not end."""
    home = Path(kubeconfig).parent
    root = str(Path(__file__).parents[2])
    began = time.monotonic()
    done = subprocess.run(
        [*words, f"--kubeconfig={kubeconfig}"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=longest,
        env={"HOME": str(home), "PYTHONPATH": root, "KUBERC": "off"},
        check=False,
    )
    return done.returncode, done.stderr, time.monotonic() - began


def ends(kubeconfig: str, *words: str) -> None:
    """The command ends in time, with kubectl's sentence, and no word more."""
    code, err, seconds = run(*AMBIENT, *words, f"--request-timeout={SECONDS}s", kubeconfig=kubeconfig)
    assert (code, err) == (1, f"{TIMED_OUT}\n")
    assert SECONDS <= seconds < LONGEST


@pytest.mark.parametrize("what", ANSWERS)
def test_an_answer_that_drips_ends(slow: Slow, what: str) -> None:
    ends(slow(ANSWERS[what]), "enable", "ns", "shop")


@pytest.mark.parametrize("what", ["body", "chunked body", "header", "100 Continue"])
def test_and_over_tls(slow: Slow, what: str) -> None:
    ends(slow(ANSWERS[what], tls=True), "enable", "ns", "shop")


@pytest.mark.parametrize("what", HANDSHAKES)
def test_a_handshake_that_drips_ends(slow: Slow, what: str) -> None:
    ends(slow(HANDSHAKES[what], handshake=True), "enable", "ns", "shop")


@pytest.mark.parametrize("what", PROXIES)
def test_a_proxy_that_drips_ends(slow: Slow, what: str) -> None:
    ends(slow(PROXIES[what], proxy=True), "enable", "ns", "shop")


@pytest.mark.parametrize("words", ["status", "explain pod web", "explain ns shop", "waypoint list", "status -w"])
def test_every_command_ends(slow: Slow, words: str) -> None:
    ends(slow(ANSWERS["body"]), *words.split())


def test_more_reads_than_go_side_by_side_take_no_longer(client: MakeClient, server: StandIn) -> None:
    """The server is lost after the first ten: those that wait for their turn are not begun."""
    from kubectl_ambient.cluster.kinds.namespaces import NAMESPACES
    from kubectl_ambient.cluster.needs.ask import Ask
    from kubectl_ambient.cluster.reading.cluster import ask
    from kubectl_ambient.cluster.snapshot import Snapshot

    server.answers(lambda _: Reply(chunks=_for_ever()))
    c = client(request_timeout="1s")
    with pytest.raises(ConnectionFailed):
        ask(c, Snapshot(), [Ask(kind=NAMESPACES, name="a") for _ in range(40)])
    assert len(server.seen) <= 10


def _for_ever() -> Iterator[bytes]:
    while True:
        time.sleep(0.1)
        yield b" "


@asks_kubectl
@pytest.mark.parametrize("what", ["body", "header", "100 Continue", "silence"])
def test_kubectl_ends_as_well(slow: Slow, what: str) -> None:
    words = (str(KUBECTL), "get", "--raw=/api", f"--request-timeout={SECONDS}s")
    code, err, seconds = run(*words, kubeconfig=slow(ANSWERS[what]))
    assert code == 1
    assert "context deadline exceeded" in err or "Client.Timeout" in err
    assert SECONDS <= seconds < LONGEST


@pytest.mark.parametrize("what", TOO_MUCH)
def test_headers_without_end_end_without_a_timeout(slow: Slow, what: str) -> None:
    code, err, _ = run(*AMBIENT, "enable", "ns", "shop", kubeconfig=slow(TOO_MUCH[what]))
    assert code == 1
    assert err.startswith("Unable to connect to the server: net/http: HTTP/1.x transport connection broken: ")
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("what", HANDSHAKES)
def test_a_handshake_ends_without_a_timeout(slow: Slow, what: str) -> None:
    code, err, seconds = run(*AMBIENT, "enable", "ns", "shop", kubeconfig=slow(HANDSHAKES[what], handshake=True))
    assert (code, err) == (1, "Unable to connect to the server: net/http: TLS handshake timeout\n")
    assert seconds >= 10


def test_early_hints_are_passed_over(client: MakeClient) -> None:
    """They are no answer; the one that follows must not be taken for that to the next request."""
    body = json.dumps({"kind": "Namespace", "apiVersion": "v1", **pod("shop")}).encode()
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
    whole = hints + b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)

    def answer(peer: Any) -> None:
        while peer.recv(65536):
            peer.sendall(whole)

    server = SlowServer(answer)
    c = client(cluster={"server": f"http://{server.at}"})
    assert [c.get(NAMESPACE, "shop", type=Object).metadata.name for _ in range(2)] == ["shop", "shop"]
    server.stop()


def test_all_tries_share_the_time(client: MakeClient, server: StandIn) -> None:
    """As in client-go. There is no time for a second pause, so that the server's own words are told."""
    server.answers(Reply(b"", 429, {"Retry-After": "1"}))
    with pytest.raises(ApiError) as e:
        client(request_timeout="1900ms").get(NAMESPACE, "a", type=Object)
    assert e.value.is_too_many_requests
    assert len(server.seen) <= 2


def test_a_name_that_nobody_looks_up_is_left_behind(client: MakeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(LONGEST))
    began = time.monotonic()
    with pytest.raises(TimedOut):
        client(cluster={"server": "http://api.invalid"}, request_timeout="300ms").get(NAMESPACE, "a", type=Object)
    assert time.monotonic() - began < LONGEST / 2


def test_what_fails_in_the_thread_fails_here() -> None:
    with pytest.raises(ZeroDivisionError):
        Deadline(9).run(lambda: 1 // 0)  # type: ignore[arg-type, return-value]
