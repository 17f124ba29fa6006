"""Credentials: each way to log in, and how its failure is told."""

from __future__ import annotations

import base64
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest

from kubectl_ambient.kube.api import connect
from kubectl_ambient.kube.errors import ApiError, ConfigError, ConnectionFailed
from kubectl_ambient.kube.options import ConnectionOptions
from kubectl_ambient.kube.resources import find_resource
from tests.rig.certificates import Authority, KeyPair

from .conftest import MakeClient, Object
from .standin import Reply, StandIn, a_list, pod, status

NAMESPACE = find_resource("namespace")
OK = Reply({"metadata": {"name": "default"}})
EXEC = "client.authentication.k8s.io/v1"


def get(client: Any) -> Object:
    return client.get(NAMESPACE, "default", type=Object)  # type: ignore[no-any-return]


def plugin(folder: Path, code: str, **spec: Any) -> dict[str, Any]:
    """A user whose credentials come from a Python program; `answer(**status)` prints an ExecCredential."""
    program = folder / "login"
    program.write_text(
        f"#!{sys.executable}\nimport json, os, sys\nfrom pathlib import Path\n"
        "runs = Path(__file__).with_suffix('.runs')\n"
        "runs.write_text(runs.read_text() + 'x' if runs.exists() else 'x')\n"
        "count = len(runs.read_text())\n"
        "def answer(**status):\n"
        f"    print(json.dumps(dict(kind='ExecCredential', apiVersion='{EXEC}', status=status)))\n{code}\n"
    )
    program.chmod(0o755)
    return {"exec": {"command": str(program), "apiVersion": EXEC, "interactiveMode": "IfAvailable", **spec}}


def runs(folder: Path) -> int:
    return len((folder / "login.runs").read_text())


def as_data(pair: KeyPair) -> dict[str, str]:
    return {
        "client-certificate-data": base64.b64encode(pair.certificate.read_bytes()).decode(),
        "client-key-data": base64.b64encode(pair.key.read_bytes()).decode(),
    }


def common_name(server: StandIn) -> str:
    subject = dict(pair[0] for pair in server.seen[-1].peer["subject"])
    return str(subject["commonName"])


def test_a_token(tls_client: MakeClient, tls_server: StandIn) -> None:
    tls_server.answers(OK)
    get(tls_client({"token": "abc"}))
    assert tls_server.seen[0].headers["Authorization"] == "Bearer abc"


def test_the_flags_token_comes_before_the_users_plugin(
    tls_client: MakeClient, tls_server: StandIn, tmp_path: Path
) -> None:
    tls_server.answers(OK)
    get(tls_client(plugin(tmp_path, "sys.exit(3)"), token="flag"))
    assert tls_server.seen[0].headers["Authorization"] == "Bearer flag"


def test_basic_auth(tls_client: MakeClient, tls_server: StandIn) -> None:
    tls_server.answers(OK)
    get(tls_client({"username": "bob", "password": "pä:ss"}))
    sent = tls_server.seen[0].headers["Authorization"]
    assert base64.b64decode(sent.removeprefix("Basic ")).decode() == "bob:pä:ss"


def test_no_credentials_travel_in_the_clear(client: MakeClient, server: StandIn) -> None:
    """As kubectl: they are read for https only."""
    server.answers(OK)
    get(client({"token": "secret"}))
    assert server.seen[0].headers["Authorization"] is None


@pytest.mark.parametrize("form", ["data", "files"])
def test_a_client_certificate_leaves_nothing_on_disk(
    tls_client: MakeClient,
    tls_server: StandIn,
    client_pair: KeyPair,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    form: str,
) -> None:
    """Python's ssl reads keys from files only: they live no longer than that takes."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    files = {"client-certificate": str(client_pair.certificate), "client-key": str(client_pair.key)}
    tls_server.answers(OK)
    get(tls_client(as_data(client_pair) if form == "data" else files))
    assert common_name(tls_server) == "carol"
    assert list(scratch.iterdir()) == []
    # A second connection in the same process finds no stale file either.
    get(tls_client(as_data(client_pair) if form == "data" else files))
    assert common_name(tls_server) == "carol"


def test_a_key_that_does_not_belong_to_the_certificate(
    tls_client: MakeClient, client_pair: KeyPair, serving: KeyPair
) -> None:
    mixed = {"client-certificate": str(client_pair.certificate), "client-key": str(serving.key)}
    with pytest.raises(ConfigError, match=r"^error: tls: private key does not match public key"):
        tls_client(mixed)


def test_a_key_that_fails_leaves_nothing_on_disk_either(
    tls_client: MakeClient, client_pair: KeyPair, serving: KeyPair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    with pytest.raises(ConfigError, match="private key does not match"):
        tls_client({**as_data(client_pair), "client-key-data": as_data(serving)["client-key-data"]})
    assert list(scratch.iterdir()) == []


def test_an_encrypted_key_does_not_ask_for_its_password(
    tls_client: MakeClient, client_pair: KeyPair, tmp_path: Path
) -> None:
    from cryptography.hazmat.primitives import serialization as s

    key = s.load_pem_private_key(client_pair.key.read_bytes(), None)
    locked = key.private_bytes(s.Encoding.PEM, s.PrivateFormat.TraditionalOpenSSL, s.BestAvailableEncryption(b"secret"))
    (tmp_path / "locked").write_bytes(locked)
    with pytest.raises(ConfigError, match="encrypted"):
        tls_client({"client-certificate": str(client_pair.certificate), "client-key": str(tmp_path / "locked")})


def test_an_authority_that_is_no_certificate(tls_client: MakeClient, tmp_path: Path) -> None:
    (tmp_path / "ca").write_text("nonsense")
    with pytest.raises(ConfigError, match=r"^error: unable to load root certificates: unable to parse bytes as PEM"):
        tls_client(certificate_authority=str(tmp_path / "ca"))


class TestTokenFile:
    def test_it_is_read_again_when_the_server_refuses(
        self, tls_client: MakeClient, tls_server: StandIn, tmp_path: Path
    ) -> None:
        """Trap 16: the kubernetes package reads it once."""
        (tmp_path / "token").write_text("old\n")
        client = tls_client({"tokenFile": "token"})
        (tmp_path / "token").write_text("new\n")
        tls_server.answers(status(401, "Unauthorized", "Unauthorized"), OK)
        get(client)
        assert [s.headers["Authorization"] for s in tls_server.seen] == ["Bearer old", "Bearer new"]

    def test_it_is_read_again_each_minute(
        self, tls_client: MakeClient, tls_server: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "token").write_text("old")
        tls_server.answers(OK)
        client = tls_client({"tokenFile": "token"})
        (tmp_path / "token").write_text("new")
        get(client)
        later = time.time() + 61
        monkeypatch.setattr(time, "time", lambda: later)
        get(client)
        assert [s.headers["Authorization"] for s in tls_server.seen] == ["Bearer old", "Bearer new"]

    def test_a_missing_or_empty_one_is_told(self, tls_client: MakeClient, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match=r"^error: open .*/token: no such file or directory$"):
            tls_client({"tokenFile": "token"})
        (tmp_path / "token").write_text("\n")
        with pytest.raises(ConfigError, match=r"^error: the token file .*/token is empty$"):
            tls_client({"tokenFile": "token"})


class TestExecPlugin:
    """Trap 2: the kubernetes package swallows a plugin's failure and asks anonymously."""

    def test_its_token_is_used(self, tls_client: MakeClient, tls_server: StandIn, tmp_path: Path) -> None:
        tls_server.answers(OK)
        user = plugin(
            tmp_path,
            "answer(token=os.environ['T'] + sys.argv[1])",
            args=["-b"],
            env=[{"name": "T", "value": "a"}],
        )
        client = tls_client(user)
        get(client)
        get(client)
        assert {s.headers["Authorization"] for s in tls_server.seen} == {"Bearer a-b"}
        assert runs(tmp_path) == 1

    def test_its_certificate_is_used(
        self, tls_client: MakeClient, tls_server: StandIn, client_pair: KeyPair, tmp_path: Path
    ) -> None:
        tls_server.answers(OK)
        code = (
            f"answer(clientCertificateData=Path({str(client_pair.certificate)!r}).read_text(),"
            f" clientKeyData=Path({str(client_pair.key)!r}).read_text())"
        )
        get(tls_client(plugin(tmp_path, code)))
        assert common_name(tls_server) == "carol"

    def test_it_runs_again_when_its_credential_has_expired(
        self, tls_client: MakeClient, tls_server: StandIn, tmp_path: Path
    ) -> None:
        tls_server.answers(OK)
        client = tls_client(plugin(tmp_path, "answer(token=str(count), expirationTimestamp='2020-01-01T00:00:00Z')"))
        get(client)
        get(client)
        assert [s.headers["Authorization"] for s in tls_server.seen] == ["Bearer 2", "Bearer 3"]

    def test_it_runs_once_more_when_the_server_refuses(
        self, tls_client: MakeClient, tls_server: StandIn, tmp_path: Path
    ) -> None:
        tls_server.answers(status(401, "Unauthorized", "Unauthorized"))
        with pytest.raises(ApiError) as e:
            get(tls_client(plugin(tmp_path, "answer(token=str(count))")))
        assert str(e.value) == "error: You must be logged in to the server (Unauthorized)"
        assert e.value.hint == 'the credentials are those of user "u"'
        assert [s.headers["Authorization"] for s in tls_server.seen] == ["Bearer 1", "Bearer 2"]

    def test_a_renewed_certificate_is_used_for_new_connections(
        self,
        tls_client: MakeClient,
        tls_server: StandIn,
        authority: Authority,
        client_pair: KeyPair,
        tmp_path: Path,
    ) -> None:
        other = authority.issue("dave", "dave")
        paths = [(str(p.certificate), str(p.key)) for p in (client_pair, other)]
        code = (
            f"crt, key = {paths!r}[count - 1]\n"
            "answer(clientCertificateData=Path(crt).read_text(), clientKeyData=Path(key).read_text())"
        )
        tls_server.answers(status(401, "Unauthorized"), OK)
        get(tls_client(plugin(tmp_path, code)))
        assert common_name(tls_server) == "dave"

    def test_its_failure_is_one_sentence_with_what_it_said(
        self, tls_client: MakeClient, tmp_path: Path, tls_server: StandIn
    ) -> None:
        tls_server.answers(OK)
        user = plugin(tmp_path, "print('no\\x1b[31m such\\nprofile', file=sys.stderr); sys.exit(9)", installHint="x")
        with pytest.raises(ConfigError) as e:
            tls_client(user)
        assert str(e.value) == (
            f"Unable to connect to the server: getting credentials: exec: executable {tmp_path}/login failed"
            " with exit code 9: no\\x1b[31m such profile"
        )
        assert e.value.hint == "x"
        assert tls_server.seen == []

    def test_a_missing_one_is_told_with_its_install_hint(self, tls_client: MakeClient) -> None:
        spec = {"command": "no-such-login", "apiVersion": EXEC, "interactiveMode": "Never"}
        with pytest.raises(ConfigError) as e:
            tls_client({"exec": {**spec, "installHint": "brew install it\n"}})
        assert str(e.value) == (
            "Unable to connect to the server: getting credentials: exec: executable no-such-login not found"
        )
        assert e.value.hint == "brew install it"

    @pytest.mark.parametrize(
        ("code", "words"),
        [
            ("print('hello')", "printed no ExecCredential"),
            ("print('[]')", "printed no ExecCredential"),
            ("answer()", "exec plugin didn't return a token or cert/key pair"),
            ("answer(clientCertificateData='x')", "exec plugin returned only certificate or key, not both"),
            (
                "print(json.dumps(dict(kind='ExecCredential', apiVersion='client.authentication.k8s.io/v2')))",
                f"exec plugin is configured to use API version {EXEC}, plugin returned version"
                " client.authentication.k8s.io/v2",
            ),
            (
                f"print(json.dumps(dict(kind='ExecCredential', apiVersion='{EXEC}')))",
                "exec plugin didn't return a status field",
            ),
            ("answer(token='a', expirationTimestamp='soon')", "expirationTimestamp that is no time"),
        ],
    )
    def test_an_answer_that_is_none_is_told(
        self, tls_client: MakeClient, tmp_path: Path, code: str, words: str
    ) -> None:
        with pytest.raises(ConfigError) as e:
            tls_client(plugin(tmp_path, code))
        assert str(e.value).startswith("Unable to connect to the server: getting credentials: ")
        assert str(e.value).endswith(words)

    @pytest.mark.parametrize(
        ("spec", "words"),
        [
            ({"apiVersion": ""}, "error: apiVersion must be specified for u to use exec authentication plugin"),
            ({"command": ""}, "error: command must be specified for u to use exec authentication plugin"),
            ({"interactiveMode": ""}, "error: interactiveMode must be specified for u to use exec authent"),
            ({"interactiveMode": "Often"}, 'error: invalid interactiveMode for u: "Often"'),
            ({"env": [{"value": "x"}]}, "error: env variable name must be specified for u to use exec"),
            (
                {"apiVersion": "client.authentication.k8s.io/v1alpha1"},
                'error: exec plugin: invalid apiVersion "client.authentication.k8s.io/v1alpha1"',
            ),
            (
                {"interactiveMode": "Always"},
                "Unable to connect to the server: getting credentials: exec plugin cannot support interactive"
                " mode: standard input is not a terminal",
            ),
        ],
    )
    def test_a_wrong_setting_is_told_in_kubectls_words(
        self, tls_client: MakeClient, tmp_path: Path, spec: dict[str, Any], words: str
    ) -> None:
        with pytest.raises(ConfigError) as e:
            tls_client(plugin(tmp_path, "answer(token='a')", **spec))
        assert str(e.value).startswith(words)

    def test_it_is_told_of_the_cluster_when_it_wants_that(
        self, tls_client: MakeClient, tls_server: StandIn, authority: Authority, tmp_path: Path
    ) -> None:
        tls_server.answers(OK)
        code = "Path('info').write_text(os.environ['KUBERNETES_EXEC_INFO']); answer(token='a')"
        extension = {"name": "client.authentication.k8s.io/exec", "extension": {"audience": 5}}
        get(tls_client(plugin(tmp_path, code, provideClusterInfo=True), {"extensions": [extension]}))
        assert json.loads((tmp_path / "info").read_text()) == {
            "kind": "ExecCredential",
            "apiVersion": EXEC,
            "spec": {
                "interactive": False,
                "cluster": {
                    "server": tls_server.url,
                    "certificate-authority-data": base64.b64encode(authority.certificate.read_bytes()).decode(),
                    "config": {"audience": 5},
                },
            },
        }


def jwt(expires: float) -> str:
    def part(content: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")

    return f"{part({'alg': 'none'})}.{part({'exp': expires})}.c2ln"


class TestAuthProvider:
    """The kubernetes package's own doing; what it leaves out is a word when it gets nowhere."""

    def test_it_is_not_asked_where_a_token_is_given(self, tls_client: MakeClient, tls_server: StandIn) -> None:
        tls_server.answers(OK)
        get(tls_client({"auth-provider": {"name": "oidc", "config": {}}}, token="flag"))
        assert tls_server.seen[0].headers["Authorization"] == "Bearer flag"

    def test_oidc(self, tls_client: MakeClient, tls_server: StandIn) -> None:
        tls_server.answers(OK)
        token = jwt(time.time() + 3600)
        get(tls_client({"auth-provider": {"name": "oidc", "config": {"id-token": token}}}))
        assert tls_server.seen[0].headers["Authorization"] == f"Bearer {token}"

    @pytest.mark.parametrize("login", [{}, {"token": "abc"}])
    @pytest.mark.parametrize(
        ("name", "words"),
        [
            (
                "gcp",
                "The gcp auth plugin has been removed.\n"
                'Please use the "gke-gcloud-auth-plugin" kubectl/client-go credential plugin instead.\n'
                "See https://cloud.google.com/blog/products/containers-kubernetes/kubectl-auth-changes-in-gke"
                " for further details",
            ),
            (
                "azure",
                "The azure auth plugin has been removed.\n"
                "Please use the https://github.com/Azure/kubelogin kubectl/client-go credential plugin instead.\n"
                "See https://kubernetes.io/docs/reference/access-authn-authz/authentication/"
                "#client-go-credential-plugins for further details",
            ),
            ("openstack", 'no Auth Provider found for name "openstack"'),
            ("", 'no Auth Provider found for name ""'),
        ],
    )
    def test_those_that_kubectl_no_longer_has(
        self, tls_client: MakeClient, tls_server: StandIn, tmp_path: Path, name: str, words: str, login: dict[str, str]
    ) -> None:
        """Issue 10, number 1: `cmd-path` is run by nobody."""
        command = f"touch {tmp_path}/ran"
        config = {"access-token": "x", "expiry": "2001-01-01T00:00:00Z", "cmd-path": command}
        with pytest.raises(ConfigError) as e:
            tls_client({"auth-provider": {"name": name, "config": config}, **login})
        assert str(e.value) == f"error: {words}"
        assert not (tmp_path / "ran").exists()
        assert tls_server.seen == []


@pytest.fixture
def in_a_pod(tls_server: StandIn, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a service account, in a pod of the cluster that `tls_server` stands for."""
    folder = tmp_path / "serviceaccount"
    folder.mkdir()
    (folder / "ca.crt").write_bytes(authority.certificate.read_bytes())
    (folder / "token").write_text("one")
    for module in ("access", "auth"):
        monkeypatch.setattr(f"kubectl_ambient.kube.{module}.SERVICE_ACCOUNT", folder)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", str(tls_server.port))
    return folder


class TestInAPod:
    def test_the_service_account_is_used_and_read_again(self, tls_server: StandIn, in_a_pod: Path) -> None:
        client = connect(ConnectionOptions())
        (in_a_pod / "token").write_text("two")
        tls_server.answers(status(401, "Unauthorized"), OK)
        get(client)
        assert [s.headers["Authorization"] for s in tls_server.seen] == ["Bearer one", "Bearer two"]

    def test_a_token_of_ones_own_goes_to_the_same_server(self, tls_server: StandIn, in_a_pod: Path) -> None:
        tls_server.answers(OK)
        get(connect(ConnectionOptions(token="mine")))
        assert tls_server.seen[0].headers["Authorization"] == "Bearer mine"

    @pytest.mark.parametrize(("file", "why"), [("token", "its token is empty"), ("ca.crt", "it has no ca.crt")])
    def test_what_is_missing_is_told(self, in_a_pod: Path, file: str, why: str) -> None:
        (in_a_pod / file).unlink() if file == "ca.crt" else (in_a_pod / file).write_text("")
        with pytest.raises(ConfigError) as e:
            connect(ConnectionOptions())
        assert str(e.value) == f"error: the service account of this pod cannot be used: {why}"


def test_nothing_is_printed_and_no_anonymous_request_is_sent(
    tls_client: MakeClient, tls_server: StandIn, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    tls_server.answers(a_list(pod("a")))
    with pytest.raises((ConfigError, ConnectionFailed)):
        tls_client(plugin(tmp_path, "sys.exit('broken')"))
    assert capfd.readouterr() == ("", "")
    assert tls_server.seen == []
