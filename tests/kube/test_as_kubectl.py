"""Issue 10, number 8: names in UTF-8, and certificates that name their host nowhere but in the subject."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from tests.rig.certificates import Authority, KeyPair, new_key

from .program import KUBECTL, ambient, run
from .standin import Reply, StandIn, status


def as_sent(server: StandIn, header: str) -> str:
    """http.server reads headers as Latin-1, as WSGI does."""
    return str(server.seen[0].headers[header]).encode("latin-1").decode("utf-8")


@pytest.mark.parametrize("name", ["jürgen", "日本", "a\tb"])
def test_as_takes_utf_8(
    tls_server: StandIn, authority: Authority, write_kubeconfig: Callable[..., Path], name: str
) -> None:
    tls_server.answers(Reply({"gitVersion": "v1.36.1"}))
    cluster = {"server": tls_server.url, "certificate-authority": str(authority.certificate)}
    path = str(write_kubeconfig(cluster, {"token": "tökén"}))
    words = ("--kubeconfig", path, "--as", name, "--as-group", f"{name}s", "--as-user-extra", f"k={name}")
    ran = ambient("version", *words)
    assert ran.code == 0, ran.err
    headers = ("Authorization", "Impersonate-User", "Impersonate-Group", "Impersonate-Extra-k")
    ours = [as_sent(tls_server, header) for header in headers]
    assert ours == ["Bearer tökén", name, f"{name}s", name]
    if KUBECTL:
        tls_server.answers(Reply({"gitVersion": "v1.36.1"}))
        run(KUBECTL, "get", "--raw", "/version", *words)
        assert [as_sent(tls_server, header) for header in headers] == ours


class _NameOnly(Authority):
    """Issues what authorities did before 2000: the host stands in the subject alone."""

    def issue_for(self, host: str) -> KeyPair:
        pair = KeyPair(self.folder / "old.crt", self.folder / "old.key")
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        self._sign(self._builder(subject, new_key(pair.key)), pair.certificate)
        return pair


def test_a_certificate_with_a_common_name_only_is_refused(
    write_kubeconfig: Callable[..., Path], tmp_path: Path
) -> None:
    authority = _NameOnly(tmp_path / "old")
    pair = authority.issue_for("localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    server = StandIn(context)
    try:
        server.answers(Reply({"gitVersion": "v1.36.1"}))
        cluster = {"server": f"https://localhost:{server.port}", "certificate-authority": str(authority.certificate)}
        path = str(write_kubeconfig(cluster, {"token": "t"}))
        refused = "Unable to connect to the server: tls: failed to verify certificate: x509: certificate "
        assert refused in ambient("version", "--kubeconfig", path).err
        if KUBECTL:
            assert refused in run(KUBECTL, "get", "--raw", "/version", "--kubeconfig", path).err
        assert server.seen == []
    finally:
        server.stop()


_LATIN = "j\udcfcrgen"  # `jürgen` typed in a terminal of another encoding


@pytest.mark.parametrize(
    ("words", "path"),
    [
        (("explain", "pod", _LATIN), "/api/v1/namespaces/default/pods/j%FCrgen"),
        (("status", "-n", _LATIN), "/api/v1/namespaces/j%FCrgen/pods"),
        (("explain", "ns", _LATIN), "/api/v1/namespaces/j%FCrgen"),
    ],
)
def test_what_was_typed_in_another_encoding_is_asked_for_as_it_was_typed(
    server: StandIn, write_kubeconfig: Callable[..., Path], words: tuple[str, ...], path: str
) -> None:
    server.answers(*[status(404, "NotFound")] * 50)
    ran = ambient(*words, "--kubeconfig", str(write_kubeconfig({"server": server.url})))
    assert (ran.code, "bug" in ran.err) == (1, False), ran.err
    assert any(path in seen.path for seen in server.seen), [seen.path for seen in server.seen]


@pytest.mark.parametrize(
    "words",
    [("status", "-l", f"a={_LATIN}"), ("status", "-l", _LATIN), ("waypoint", "enable", "ns/a", "--waypoint", _LATIN)],
)
def test_what_was_typed_in_another_encoding_is_no_label(
    server: StandIn, write_kubeconfig: Callable[..., Path], words: tuple[str, ...]
) -> None:
    ran = ambient(*words, "--kubeconfig", str(write_kubeconfig({"server": server.url})))
    assert (ran.code, "consist of alphanumeric characters" in ran.err) == (2, True), ran.err


def test_a_query_typed_in_another_encoding_is_sent(server: StandIn, write_kubeconfig: Callable[..., Path]) -> None:
    server.answers(status(404, "NotFound"))
    ran = ambient(
        "status",
        "--field-selector",
        f"spec.nodeName={_LATIN}",
        "--kubeconfig",
        str(write_kubeconfig({"server": server.url})),
    )
    assert (ran.code, "bug" in ran.err) == (1, False), ran.err
    # http.server's words for a byte that is no UTF-8.
    assert "spec.nodeName=j\ufffdrgen" in {seen.query.get("fieldSelector") for seen in server.seen}


@pytest.mark.parametrize(
    "spec",
    [
        {"apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Never"},
        {"command": "x"},
        {"command": "x", "apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Often"},
    ],
)
def test_a_plugin_that_could_not_run_is_told_also_beside_a_token(
    server: StandIn, write_kubeconfig: Callable[..., Path], spec: dict[str, str]
) -> None:
    server.answers(Reply({"gitVersion": "v1.36.1"}))
    path = str(write_kubeconfig({"server": server.url}, {"token": "t", "exec": spec}))
    ran = ambient("version", "--kubeconfig", path)
    assert (ran.code, server.seen) == (1, [])
    assert "specified for" in ran.err or "invalid interactiveMode" in ran.err
    if KUBECTL:
        assert ran.err == run(KUBECTL, "get", "--raw", "/version", "--kubeconfig", path).err
