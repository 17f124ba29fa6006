"""kubectl itself is asked what a kubeconfig means, where it can answer without a cluster."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from kubectl_ambient.kube.access import NO_SERVER, Access, find_access
from kubectl_ambient.kube.errors import ConfigError
from kubectl_ambient.kube.kubeconfig import kubeconfig_files, load_kubeconfig
from kubectl_ambient.kube.options import ConnectionOptions

KUBECTL = shutil.which("kubectl")
asks_kubectl = pytest.mark.skipif(KUBECTL is None, reason="kubectl is not installed")

CA = base64.b64encode(b"-----BEGIN CERTIFICATE-----\n").decode()

FIRST = f"""
apiVersion: v1
kind: Config
clusters:
- name: shared
  cluster: {{server: https://first:6443, certificate-authority-data: {CA}}}
users:
- name: red
  user: {{token: first-token}}
contexts:
- name: one
  context: {{cluster: shared, user: red, namespace: shop}}
- name: two
  context: {{cluster: other, user: blue}}
"""
SECOND = """
current-context: one
clusters:
- name: shared
  cluster: {server: https://second:6443, insecure-skip-tls-verify: true}
- name: other
  cluster: {server: https://other:6443/path/, tls-server-name: real, proxy-url: http://proxy:3128}
users:
- name: red
  user: {token: second-token, username: nobody}
- name: blue
  user: {username: bob, password: "1234", as: alice, as-groups: [a, b], as-user-extra: {k: [v]}}
contexts:
- name: one
  context: {cluster: other, user: blue, namespace: wrong}
"""
THIRD = "current-context: two\npreferences: {}\n"


def kubectl_view(*flags: str) -> dict[str, Any]:
    """What kubectl makes of the environment and `flags`: one cluster, one user, one context."""
    command = [str(KUBECTL), "config", "view", "--minify", "--flatten", "--raw", "-o", "json", *flags]
    view = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
    return {
        "context": view["current-context"],
        "namespace": view["contexts"][0]["context"].get("namespace", "default"),
        "cluster": view["clusters"][0]["cluster"],
        "user": view["users"][0]["user"] or {},
    }


def ours(**flags: Any) -> dict[str, Any]:
    access = find_access(ConnectionOptions(**flags), os.environ)
    return {
        "context": access.context,
        "namespace": access.namespace,
        "cluster": access.cluster,
        "user": access.user,
    }


@pytest.fixture
def several(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in (("first", FIRST), ("second", SECOND), ("third", THIRD), ("empty", "")):
        (tmp_path / name).write_text(text)
    paths = [tmp_path / name for name in ("missing", "empty", "first", "second", "third")]
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join(["", *map(str, paths), str(paths[2])]))
    return tmp_path


@asks_kubectl
@pytest.mark.parametrize("flags", [{}, {"context": "one"}, {"context": "two"}])
def test_several_files_mean_what_they_mean_to_kubectl(several: Path, flags: dict[str, str]) -> None:
    """Trap 1: the first file wins, missing and empty ones are passed over."""
    assert ours(**flags) == kubectl_view(*(f"--{k}={v}" for k, v in flags.items()))


def test_the_first_file_wins(several: Path) -> None:
    access = find_access(ConnectionOptions())
    assert (access.context, access.server, access.user) == ("one", "https://first:6443", {"token": "first-token"})
    assert access.namespace == "shop"  # trap 5: the context's namespace


@asks_kubectl
def test_relative_paths_are_those_of_their_file(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = several / "sub"
    folder.mkdir()
    for name in ("ca.crt", "me.crt", "me.key"):
        (folder / name).write_text(name)
    (folder / "config").write_text(
        "clusters: [{name: c, cluster: {server: https://x, certificate-authority: ca.crt}}]\n"
        "users: [{name: u, user: {client-certificate: ./me.crt, client-key: ../sub/me.key,"
        " exec: {command: bin/login, apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never}}}]\n"
        "contexts: [{name: x, context: {cluster: c, user: u}}]\ncurrent-context: x\n"
    )
    monkeypatch.setenv("KUBECONFIG", "sub/config")
    monkeypatch.chdir(several)
    seen = ours()
    # --flatten puts the files' content in place of their paths.
    expected = kubectl_view()
    assert expected["cluster"]["certificate-authority-data"] == base64.b64encode(b"ca.crt").decode()
    assert Path(seen["cluster"]["certificate-authority"]).read_text() == "ca.crt"
    assert Path(seen["user"]["client-certificate"]).read_text() == "me.crt"
    assert Path(seen["user"]["client-key"]).read_text() == "me.key"
    assert seen["user"]["exec"]["command"] == str(folder / "bin/login")


def test_the_flag_names_one_file_alone(several: Path) -> None:
    config = load_kubeconfig(str(several / "second"), os.environ)
    assert config.clusters["shared"]["server"] == "https://second:6443"
    assert kubeconfig_files({"HOME": "/h"}) == ["/h/.kube/config"]
    assert kubeconfig_files({"KUBECONFIG": "::"}) == []


def test_a_date_stays_text_and_a_number_is_refused_as_in_kubectl(tmp_path: Path) -> None:
    (tmp_path / "c").write_text(
        "users: [{name: a, user: {token: 2024-01-01, auth-provider: {name: oidc, config: {expiry: 2024-01-01}}}}]"
    )
    user = load_kubeconfig(str(tmp_path / "c"), {}).users["a"]
    assert user["token"] == "2024-01-01"
    assert user["auth-provider"]["config"]["expiry"] == "2024-01-01"
    (tmp_path / "c").write_text("users: [{name: a, user: {password: 1234}}]")
    with pytest.raises(ConfigError, match=r"number into Go struct field AuthInfo.users.user.password of type") as e:
        load_kubeconfig(str(tmp_path / "c"), {})
    assert e.value.hint == 'password of user "a" must be a text; put it in quotes'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [\n b: c\n", "yaml: line 3: "),
        ("clusters: {}\n", "json: cannot unmarshal object into Go struct field Config.clusters of"),
        (
            "clusters: [{name: a, cluster: 5}]",
            "json: cannot unmarshal number into Go struct field NamedCluster.clusters",
        ),
        ("clusters: [{name: a, cluster: {certificate-authority-data: '%%'}}]", "illegal base64 data"),
        ("users: [{name: a, user: {}}, {name: a, user: {}}]", 'duplicate name "a" in users'),
        ("kind: Pod\napiVersion: v1\n", 'no kind "Pod" is registered for version "v1"'),
        ("just a text", "a kubeconfig is a mapping"),
        ("a: b\x00c", "yaml: "),
    ],
)
def test_a_broken_file_is_told_by_name_and_line(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "broken"
    path.write_text(text)
    with pytest.raises(ConfigError) as e:
        find_access(ConnectionOptions(kubeconfig=str(path)))
    assert str(e.value).startswith(f'error: error loading config file "{path}": {words}')
    assert "\n" not in str(e.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^error: stat /nope: no such file or directory$"):
        find_access(ConnectionOptions(kubeconfig="/nope"))
    with pytest.raises(ConfigError, match=r"is a directory$"):
        find_access(ConnectionOptions(kubeconfig=str(tmp_path)))
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match=r"not a text file$"):
        find_access(ConnectionOptions(kubeconfig=str(tmp_path / "binary")))


@pytest.mark.parametrize(
    ("flags", "words", "hint"),
    [
        ({"context": "onne"}, 'error: context "onne" does not exist', 'did you mean "one"?'),
        ({"cluster": "nope"}, 'error: cluster "nope" does not exist', "see `kubectl config get-contexts`"),
        ({"user": "nope"}, 'error: auth info "nope" does not exist', "see `kubectl config get-contexts`"),
        ({"as_groups": ("g",)}, "error: requesting uid, groups or user-extra for red without", ""),
        ({"as_user": "x", "as_user_extra": ("k",)}, 'error: invalid --as-user-extra "k"', ""),
        (
            {"certificate_authority": "/nope"},
            "error: unable to read certificate-authority /nope for shared due to open /nope: no such file",
            "",
        ),
        ({"client_certificate": "/dev/null"}, "error: client-key-data or client-key must be specified", ""),
        ({"server": "ftp://x"}, 'Unable to connect to the server: unsupported protocol scheme "ftp"', ""),
        ({"server": "https://"}, "error: host must be a URL or a host:port pair", ""),
        ({"user": "blue", "token": "t"}, "error: more than one authentication method found for blue", ""),
    ],
)
def test_what_cannot_be_used_is_told_in_kubectls_words(
    several: Path, flags: dict[str, Any], words: str, hint: str
) -> None:
    with pytest.raises(ConfigError) as e:
        find_access(ConnectionOptions(**flags))
    assert str(e.value).startswith(words)
    assert e.value.hint == hint


def test_flags_are_laid_over_the_context(several: Path) -> None:
    access = find_access(
        ConnectionOptions(
            context="two",
            server="https://flag:1/",
            namespace="n",
            insecure_skip_tls_verify=True,
            as_user="eve",
            as_groups=("g1", "g2"),
            as_user_extra=("k=v1", "k=v2"),
        )
    )
    assert (access.server, access.namespace) == ("https://flag:1", "n")
    # Another server is not known by the name in the file.
    assert access.cluster == {
        "server": "https://flag:1/",
        "proxy-url": "http://proxy:3128",
        "insecure-skip-tls-verify": True,
    }
    assert access.user["as"] == "eve"
    assert access.user["as-groups"] == ["g1", "g2"]
    assert access.user["as-user-extra"] == {"k": ["v1", "v2"]}
    # The flag takes the place of the file's authority.
    assert find_access(ConnectionOptions(insecure_skip_tls_verify=True)).cluster == {
        "server": "https://first:6443",
        "insecure-skip-tls-verify": True,
    }


def test_without_a_kubeconfig_kubectl_asks_localhost_8080(tmp_path: Path) -> None:
    access = find_access(ConnectionOptions())
    assert access.server == NO_SERVER
    assert access.hint == f"no kubeconfig was found at {tmp_path}/home/.kube/config: name one with --kubeconfig"


@pytest.mark.parametrize(
    ("context", "hint"),
    [
        ("{cluster: gone, user: u}", 'context "x" names the cluster "gone", which is not in the kubeconfig'),
        ("{cluster: bare, user: u}", 'the cluster "bare" has no server in the kubeconfig'),
        ("{user: u}", "no context is chosen: `kubectl config use-context NAME` sets one, --context names one"),
    ],
)
def test_a_context_without_a_server_falls_to_localhost_as_in_kubectl(tmp_path: Path, context: str, hint: str) -> None:
    (tmp_path / "c").write_text(
        f"current-context: x\ncontexts: [{{name: x, context: {context}}}]\n"
        "clusters: [{name: bare, cluster: {}}]\nusers: [{name: u, user: {}}]\n"
    )
    access = find_access(ConnectionOptions(kubeconfig=str(tmp_path / "c")))
    assert (access.server, access.hint) == (NO_SERVER, hint)


class TestInCluster:
    @pytest.fixture
    def pod(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        account = tmp_path / "serviceaccount"
        account.mkdir()
        (account / "token").write_text("the-token")
        (account / "namespace").write_text("mine\n")
        monkeypatch.setattr("kubectl_ambient.kube.access.SERVICE_ACCOUNT", account)
        monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
        monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
        return account

    def access(self, **flags: Any) -> Access:
        return find_access(ConnectionOptions(**flags))

    def test_the_service_account_serves_where_there_is_no_kubeconfig(self, pod: Path) -> None:
        access = self.access()
        assert (access.in_cluster, access.server, access.namespace) == (True, "https://10.0.0.1:443", "mine")

    def test_an_ipv6_service_gets_brackets(self, pod: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "fd00::1")
        assert self.access().server == "https://[fd00::1]:443"

    def test_namespaces_of_the_flag_and_of_the_pod(self, pod: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("POD_NAMESPACE", "env")
        assert self.access().namespace == "env"
        assert self.access(namespace="flag").namespace == "flag"

    def test_a_kubeconfig_or_a_server_comes_first(self, pod: Path, several: Path) -> None:
        assert not self.access().in_cluster
        assert not self.access(kubeconfig=str(several / "empty"), server="https://x").in_cluster
        assert self.access(kubeconfig=str(several / "empty")).in_cluster

    def test_not_without_a_token(self, pod: Path) -> None:
        (pod / "token").unlink()
        assert self.access().server == NO_SERVER
