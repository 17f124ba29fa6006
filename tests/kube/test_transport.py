"""One request: what it carries, what breaks it, and when it is tried again."""

from __future__ import annotations

import ssl
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from kubectl_ambient import __version__
from kubectl_ambient.kube.api import connect
from kubectl_ambient.kube.errors import ApiError, BadAnswer, ConfigError, ConnectionFailed
from kubectl_ambient.kube.options import ConnectionOptions
from kubectl_ambient.kube.resources import find_resource
from tests.rig.certificates import Authority

from .conftest import MakeClient, Object
from .standin import Reply, Seen, StandIn, slowly, status

NAMESPACE = find_resource("namespace")
OK = Reply({"metadata": {"name": "default"}})


def get(client: Any) -> Object:
    return client.get(NAMESPACE, "default", type=Object)  # type: ignore[no-any-return]


def failure(client: Any) -> tuple[str, str]:
    with pytest.raises(ConnectionFailed) as e:
        get(client)
    assert "\n" not in str(e.value)
    return str(e.value), e.value.hint


class TestHeaders:
    def test_the_user_agent_tells_the_program_and_the_platform(self, client: MakeClient, server: StandIn) -> None:
        """Trap 11."""
        server.answers(OK)
        get(client())
        agent = server.seen[0].headers["User-Agent"]
        assert agent.startswith(f"kubectl-ambient/{__version__} (")
        assert "/" in agent.partition("(")[2]

    def test_gzip_is_asked_for_and_understood(self, client: MakeClient, server: StandIn) -> None:
        """Trap 10."""
        server.answers(Reply(OK.body, headers={"Content-Encoding": "gzip"}))
        assert get(client()).metadata.name == "default"
        assert server.seen[0].headers["Accept-Encoding"] == "gzip"

    def test_what_is_not_gzip_as_it_says_is_a_bad_answer(self, client: MakeClient, server: StandIn) -> None:
        server.answers(Reply(chunks=[b"<html>"], headers={"Content-Encoding": "gzip"}))
        with pytest.raises(BadAnswer, match=rf"^error: the answer of {server.url} cannot be decompressed$"):
            get(client())

    @pytest.mark.parametrize("how", [{"disable_compression": True}, {"cluster": {"disable-compression": True}}])
    def test_gzip_can_be_turned_off(self, client: MakeClient, server: StandIn, how: dict[str, Any]) -> None:
        server.answers(OK)
        get(client(**how))
        assert server.seen[0].headers["Accept-Encoding"] == "identity"

    def test_impersonation_by_flags_repeats_the_group(self, client: MakeClient, server: StandIn) -> None:
        """Trap 3: the kubernetes package knows no impersonation."""
        server.answers(OK)
        get(
            client(
                as_user="eve",
                as_uid="7",
                as_groups=("a", "b"),
                as_user_extra=("example.com/scopes=x", "example.com/scopes=y"),
            )
        )
        headers = server.seen[0].headers
        assert headers["Impersonate-User"] == "eve"
        assert headers["Impersonate-Uid"] == "7"
        assert headers.get_all("Impersonate-Group") == ["a", "b"]
        assert headers.get_all("Impersonate-Extra-example.com%2Fscopes") == ["x", "y"]

    def test_impersonation_by_kubeconfig(self, client: MakeClient, server: StandIn) -> None:
        server.answers(OK)
        get(client({"as": "eve", "as-groups": ["a", "b"], "as-user-extra": {"k": ["v"]}}))
        assert server.seen[0].headers["Impersonate-User"] == "eve"
        assert server.seen[0].headers.get_all("Impersonate-Group") == ["a", "b"]
        assert server.seen[0].headers["Impersonate-Extra-k"] == "v"

    def test_a_header_that_cannot_be_sent_is_one_sentence(self, client: MakeClient) -> None:
        with pytest.raises(ConfigError, match=r'invalid header field value for "Impersonate-User"$'):
            get(client(as_user="a\nb"))

    def test_warnings_of_the_api_are_handed_on_once_each(self, client: MakeClient, server: StandIn) -> None:
        told: list[str] = []
        texts = ('299 - "old \\"API\\""', '299 - "two", 299 - "three"', '199 - "not ours"', "nonsense")
        server.answers(Reply(OK.body, warnings=texts))
        c = client(warn=told.append)
        get(c)
        get(c)
        assert told == ['old "API"', "two", "three"]


class TestTls:
    def test_insecure_says_nothing_on_stderr(self, tls_server: StandIn, tmp_path: Path) -> None:
        """Trap 8; in a program of its own, since pytest keeps warnings to itself."""
        tls_server.answers(OK)
        (tmp_path / "empty").write_text("")
        code = (
            "from kubectl_ambient.kube.api import connect\n"
            "from kubectl_ambient.kube.options import ConnectionOptions\n"
            f"c = connect(ConnectionOptions(server={tls_server.url!r}, insecure_skip_tls_verify=True,"
            " kubeconfig='empty'))\n"
            "print(len(c.raw('/')))"
        )
        command = [sys.executable, "-c", code]
        root = Path(__file__).parents[2]
        done = subprocess.run(
            command, capture_output=True, text=True, cwd=tmp_path, env={"PYTHONPATH": str(root)}, check=False
        )
        assert (done.stdout, done.stderr) == ("33\n", "")

    def test_an_unknown_authority(self, tls_server: StandIn, client: MakeClient) -> None:
        words, hint = failure(client(server=tls_server.url))
        assert words == (
            "Unable to connect to the server: tls: failed to verify certificate: x509: certificate signed by"
            " unknown authority"
        )
        assert "certificate-authority" in hint

    def test_another_name(self, tls_client: MakeClient, tls_server: StandIn) -> None:
        words, hint = failure(tls_client(tls_server_name="other"))
        assert words.endswith("x509: certificate is not valid for other")
        assert hint == "see --tls-server-name"

    def test_the_name_to_expect_can_be_set(self, tls_client: MakeClient, tls_server: StandIn) -> None:
        tls_server.answers(OK)
        get(tls_client(cluster={"tls-server-name": "kubernetes.default.svc"}))
        assert len(tls_server.seen) == 1

    def test_a_server_without_tls(self, server: StandIn, client: MakeClient) -> None:
        words, _ = failure(client(server=server.url.replace("http", "https")))
        assert words == "Unable to connect to the server: http: server gave HTTP response to HTTPS client"

    def test_threads_can_share_a_context_that_urllib3_would_change_under_them(self, authority: Authority) -> None:
        """urllib3 sets ALPN anew for each connection, and OpenSSL reads it without a lock: a crash."""
        from kubectl_ambient.kube.tls import make_ssl_context

        trusted = {"certificate-authority": str(authority.certificate)}
        ours, near, far = make_ssl_context(trusted, {}, "u"), ssl.MemoryBIO(), ssl.MemoryBIO()
        ours.set_alpn_protocols(["x-changed"])
        connection = ours.wrap_bio(near, far, server_hostname="localhost")
        with pytest.raises(ssl.SSLWantReadError):
            connection.do_handshake()
        hello = far.read()
        assert b"http/1.1" in hello
        assert b"x-changed" not in hello

    def test_plain_http_to_a_server_that_speaks_https(self, server: StandIn, client: MakeClient) -> None:
        text = b"Client sent an HTTP request to an HTTPS server.\n"
        server.answers(Reply(text, 400, content_type="text/plain"))
        with pytest.raises(ApiError) as e:
            get(client())
        assert e.value.hint.startswith("the server speaks https")

    def test_authorities_need_not_be_as_strict_as_python_3_13_wants(self, authority: Authority) -> None:
        from kubectl_ambient.kube.tls import make_ssl_context

        context = make_ssl_context({"certificate-authority": str(authority.certificate)}, {}, "u")
        assert not context.verify_flags & ssl.VERIFY_X509_STRICT
        assert context.verify_mode == ssl.CERT_REQUIRED
        assert context.check_hostname


class TestBrokenConnections:
    def test_refused(self, server: StandIn, client: MakeClient) -> None:
        """Trap 7: kubectl's sentence, at once, and nothing else on stderr."""
        c = client()
        server.stop()
        words, _ = failure(c)
        assert words == (
            f"The connection to the server 127.0.0.1:{server.port} was refused"
            " - did you specify the right host or port?"
        )
        assert c.requests == 1

    def test_refused_without_a_kubeconfig_tells_what_is_missing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("kubectl_ambient.kube.access.NO_SERVER", "http://localhost:1")
        words, hint = failure(connect(ConnectionOptions()))
        assert words.startswith("The connection to the server localhost:1 was refused")
        assert hint.startswith("no kubeconfig was found at ")

    def test_no_such_host(self, client: MakeClient) -> None:
        words, _ = failure(client(server="https://no-such-host.invalid"))
        assert words == "Unable to connect to the server: dial tcp: lookup no-such-host.invalid: no such host"

    def test_a_reset_is_tried_once_more(self, server: StandIn, client: MakeClient, pauses: list[float]) -> None:
        server.answers(Reply(fault="reset"), OK)
        assert get(client()).metadata.name == "default"
        assert len(pauses) == 1
        assert pauses[0] < 0.5

    @pytest.mark.parametrize("broken", [Reply(fault="reset"), Reply(OK.body, fault="cut")])
    def test_but_not_more_than_once(
        self, server: StandIn, client: MakeClient, pauses: list[float], broken: Reply
    ) -> None:
        server.answers(broken)
        words, _ = failure(client())
        assert words.startswith("Unable to connect to the server: ")
        assert len(server.seen) == 2

    def test_a_body_that_is_cut_off_is_tried_once_more(
        self, server: StandIn, client: MakeClient, pauses: list[float]
    ) -> None:
        server.answers(Reply(chunks=[b'{"metadata"'], fault="drop"), OK)
        assert get(client()).metadata.name == "default"

    def test_a_patch_is_never_sent_twice(self, server: StandIn, client: MakeClient, pauses: list[float]) -> None:
        server.answers(Reply(fault="reset"), OK)
        with pytest.raises(ConnectionFailed):
            client().patch(NAMESPACE, "default", body={}, type=Object)
        assert len(server.seen) == 1

    def test_a_slow_answer_ends_at_the_timeout(self, server: StandIn, client: MakeClient) -> None:
        """Each piece comes in time, the whole does not."""
        server.answers(Reply(chunks=slowly(b" " * 2400, 0.05)))
        began = time.monotonic()
        words, _ = failure(client(request_timeout="300ms"))
        assert words == (
            "Unable to connect to the server: context deadline exceeded"
            " (Client.Timeout exceeded while awaiting headers)"
        )
        assert time.monotonic() - began < 12

    def test_a_timeout_of_a_year_is_none(self, server: StandIn, client: MakeClient) -> None:
        """The operating system waits no longer than 24 days at once."""
        server.answers(OK)
        assert get(client(request_timeout="9000h")).metadata.name == "default"

    def test_no_answer_at_all_ends_at_the_timeout(self, server: StandIn, client: MakeClient) -> None:
        def late(_: Seen) -> Reply:
            time.sleep(20)
            return OK

        server.answers(late)
        words, _ = failure(client(request_timeout="200ms"))
        assert "context deadline exceeded" in words

    @pytest.mark.parametrize(
        "body", [b"<html>log in</html>", b"", b"[1]", b'{"kind": "Namespace", "metadata": {"name": 5}}']
    )
    def test_an_answer_that_is_no_object_names_what_was_asked(
        self, server: StandIn, client: MakeClient, body: bytes
    ) -> None:
        server.answers(Reply(body))
        with pytest.raises(BadAnswer, match=r'^error: namespace "default" cannot be read: '):
            get(client())


class TestComeBackLater:
    """429 and 5xx with Retry-After, as client-go, but bounded."""

    def test_the_header_is_honoured(self, server: StandIn, client: MakeClient, pauses: list[float]) -> None:
        busy = Reply(b"", 429, {"Retry-After": "3"})
        server.answers(busy, Reply(b"", 503, {"Retry-After": "1"}), OK)
        c = client()
        get(c)
        assert pauses == [3, 1]
        assert c.requests == 3

    def test_the_details_are_honoured(self, server: StandIn, client: MakeClient, pauses: list[float]) -> None:
        server.answers(status(429, "TooManyRequests", retryAfterSeconds=2), OK)
        get(client())
        assert pauses == [2]

    def test_a_patch_may_come_back_too(self, server: StandIn, client: MakeClient, pauses: list[float]) -> None:
        server.answers(Reply(b"", 429, {"Retry-After": "1"}), OK)
        client().patch(NAMESPACE, "default", body={"a": 1}, type=Object)
        assert [s.body for s in server.seen] == [b'{"a":1}'] * 2

    @pytest.mark.parametrize(
        ("header", "seconds"), [("+2", 2), ("0002", 2), ("-7", 0), ("0", 0), (" 2 ", 2), ("0" * 5000 + "2", 2)]
    )
    def test_the_header_is_read_as_go_reads_it(
        self, server: StandIn, client: MakeClient, pauses: list[float], header: str, seconds: int
    ) -> None:
        server.answers(Reply(b"", 429, {"Retry-After": header}), OK)
        get(client())
        assert (sum(pauses), len(server.seen)) == (seconds, 2)

    @pytest.mark.parametrize(
        "header",
        ["²", "1\xb2", "1.5", "1e1", "inf", "nan", "-", "+", "0x2", "1_0", "9" * 400, "9" * 5000, "\xa02"],
    )
    def test_a_header_that_is_no_number_is_none(
        self, server: StandIn, client: MakeClient, pauses: list[float], header: str
    ) -> None:
        """Issue 10, 10."""
        server.answers(Reply(b"", 429, {"Retry-After": header}))
        with pytest.raises(ApiError) as e:
            get(client())
        assert e.value.is_too_many_requests
        assert pauses == []

    @pytest.mark.parametrize("seconds", ["²", "2", -1, 0, 1.5, 10**30, 10**400, True, None, [], {}, 31])
    def test_odd_details_are_none(self, server: StandIn, client: MakeClient, pauses: list[float], seconds: Any) -> None:
        server.answers(status(429, "TooManyRequests", retryAfterSeconds=seconds))
        with pytest.raises(ApiError):
            get(client())
        assert pauses == []

    def test_not_for_longer_than_there_is_time(self, server: StandIn, client: MakeClient, pauses: list[float]) -> None:
        """All tries share the time of `--request-timeout`, as in client-go: the refusal is told at once."""
        server.answers(Reply(b"", 429, {"Retry-After": "9"}))
        with pytest.raises(ApiError):
            get(client(request_timeout="8s"))
        assert pauses == []

    def test_a_few_times_only(self, server: StandIn, client: MakeClient, pauses: list[float]) -> None:
        server.answers(Reply(b"", 429, {"Retry-After": "1"}))
        with pytest.raises(ApiError) as e:
            get(client())
        assert e.value.is_too_many_requests
        assert len(server.seen) == 5

    @pytest.mark.parametrize(
        "reply",
        [
            Reply(b"", 429),
            Reply(b"", 503),
            Reply(b"", 429, {"Retry-After": "3600"}),
            Reply(b"", 403, {"Retry-After": "1"}),
            Reply(b"", 429, {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}),
        ],
    )
    def test_not_where_no_time_or_too_long_a_one_is_told(
        self, server: StandIn, client: MakeClient, pauses: list[float], reply: Reply
    ) -> None:
        server.answers(reply)
        with pytest.raises(ApiError):
            get(client())
        assert pauses == []


class TestProxy:
    @pytest.fixture
    def proxy(self) -> Iterator[StandIn]:
        standin = StandIn()
        yield standin
        standin.stop()

    def test_plain_http_goes_through_it(self, client: MakeClient, proxy: StandIn) -> None:
        proxy.answers(OK)
        get(client(server="http://api.invalid", cluster={"proxy-url": proxy.url}))
        assert proxy.seen[0].headers["Host"] == "api.invalid"

    def test_its_password_is_sent_to_it(self, client: MakeClient, proxy: StandIn) -> None:
        proxy.answers(OK)
        url = proxy.url.replace("http://", "http://us%40er:pw@")
        get(client(server="http://api.invalid", cluster={"proxy-url": url}))
        assert proxy.seen[0].headers["Proxy-Authorization"] == "Basic dXNAZXI6cHc="

    def test_https_is_tunnelled(
        self, tls_client: MakeClient, tls_server: StandIn, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tls_server.answers(OK)
        with tunnel(tls_server.port) as (url, asked):
            get(tls_client(cluster={"proxy-url": url}))
        assert [line.split()[:2] for line in asked] == [["CONNECT", f"127.0.0.1:{tls_server.port}"]]

    def test_a_proxy_that_refuses_the_connection_is_named(self, client: MakeClient, proxy: StandIn) -> None:
        proxy.stop()
        words, hint = failure(client(server="https://api.invalid", cluster={"proxy-url": proxy.url}))
        at = proxy.url.removeprefix("http://")
        assert words == (
            f"Unable to connect to the server: proxyconnect tcp: dial tcp {at}: connect: connection refused"
        )
        assert hint == f"the proxy is {at}"

    def test_a_proxy_that_says_no(self, client: MakeClient, proxy: StandIn) -> None:
        c = client(server="https://api.invalid", cluster={"proxy-url": proxy.url})
        words, _ = failure(c)  # the stand-in knows no CONNECT
        assert words.startswith("Unable to connect to the server: Unsupported method")

    def test_a_socks_proxy_without_pysocks_is_one_sentence(self, client: MakeClient) -> None:
        """Trap 4: the kubernetes package ends with ModuleNotFoundError."""
        if find_spec("socks"):
            pytest.skip("PySocks is installed")
        warnings.simplefilter("error")  # pytest takes it back
        with pytest.raises(ConfigError) as e:
            client(cluster={"proxy-url": "socks5://user:secret@127.0.0.1:1080"})
        assert str(e.value) == (
            "error: the proxy socks5h://127.0.0.1:1080 is a SOCKS proxy, which needs the package PySocks"
        )


class tunnel:  # noqa: N801
    """A proxy that knows CONNECT alone, and takes everybody to one port of this machine."""

    def __init__(self, port: int) -> None:
        self._port = port

    def __enter__(self) -> tuple[str, list[str]]:
        import socket

        self._listener = socket.create_server(("127.0.0.1", 0))
        self._asked: list[str] = []
        threading.Thread(target=self._serve, daemon=True).start()
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}", self._asked

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _serve(self) -> None:
        import socket

        near, _ = self._listener.accept()
        self._asked.append(near.recv(65536).decode().splitlines()[0])
        far = socket.create_connection(("127.0.0.1", self._port))
        near.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        for a, b in ((near, far), (far, near)):
            threading.Thread(target=self._pipe, args=(a, b), daemon=True).start()

    @staticmethod
    def _pipe(a: Any, b: Any) -> None:
        try:
            while data := a.recv(65536):
                b.sendall(data)
        except OSError:
            pass


def test_an_invalid_timeout_is_found_before_anything_is_read(client: MakeClient) -> None:
    from kubectl_ambient.kube.errors import UsageError

    with pytest.raises(UsageError, match="Invalid timeout value"):
        connect(ConnectionOptions(kubeconfig="/nope", request_timeout="soon"))


def test_connecting_sends_nothing(client: MakeClient, server: StandIn) -> None:
    server.answers(OK)
    c = client(namespace="n")
    assert (c.host, c.context, c.namespace, c.requests) == (server.url, "dev", "n", 0)
    assert server.seen == []


def test_a_servers_path_stays(client: MakeClient, server: StandIn) -> None:
    server.answers(Reply({"gitVersion": "v1.36.1", "major": "1", "minor": "36"}))
    version = client(server=f"{server.url}/k8s/clusters/c-1/").version()
    assert (version.git_version, version.major, version.minor) == ("v1.36.1", "1", "36")
    assert server.seen[0].path == "/k8s/clusters/c-1/version"


def test_no_python_warning_escapes(tls_client: MakeClient, tls_server: StandIn) -> None:
    tls_server.answers(OK)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        get(tls_client(insecure_skip_tls_verify=True))
