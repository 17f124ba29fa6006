"""A real API server with its etcd, alone: no controllers, so that nothing rewrites what is in it."""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path
from urllib.parse import urlencode

from . import folders, kubeconfig, kubectl, programs
from .api import Api, Object
from .certificates import Authority, KeyPair, new_key
from .processes import Processes, free_port
from .resources import Resources

# Users that log in with a token; all others get a certificate. Only `admin` may do anything.
TOKEN_USERS: dict[str, tuple[str, ...]] = {
    "admin": ("system:masters",),
    "dev": ("developers",),
    "viewer": (),
    "nobody": (),
}


class ApiServer:
    """etcd and kube-apiserver on loopback ports of their own, in a private folder."""

    def __init__(self, folder: Path | None = None, *, controllers: bool = False) -> None:
        """Prepare keys and users; `controllers` says whether somebody will make ServiceAccounts."""
        self.folder = folder or folders.new()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.processes = Processes(self.folder)
        self.authority = Authority(self.folder / "pki")
        self.service_account_key = self.folder / "pki" / "service-accounts.key"
        new_key(self.service_account_key)
        self._controllers = controllers
        self._tokens = {user: uuid.uuid4().hex for user in TOKEN_USERS}
        self._certificates: dict[tuple[str, ...], KeyPair] = {}
        self.url = ""
        self.storage = ""

    def start(self) -> ApiServer:
        """Start both programs and wait until the server is ready."""
        self._start_etcd_and_server()
        self.kubeconfig = self.user("admin")
        self.api = Api(self.url, self.authority.certificate.read_text(), self._tokens["admin"])
        self._resources = Resources(self.api)
        self.processes.wait_for("kube-apiserver", self.api.ready)
        return self

    def stop_serving(self) -> None:
        """End kube-apiserver alone; what it kept stays."""
        self.processes.stop("kube-apiserver")

    def serve_again(self) -> None:
        """Start it again at the same address, and wait until it is ready."""
        self._start_server()
        self.processes.wait_for("kube-apiserver", self.api.ready)

    def stop(self) -> None:
        """End everything and leave nothing behind."""
        self.processes.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def user(
        self,
        name: str,
        groups: tuple[str, ...] = (),
        *,
        server: str | None = None,
        namespace: str | None = None,
        certificate: bool = False,
    ) -> Path:
        """A kubeconfig for this user, who may do what RBAC grants: by token where one is known."""
        token = None if certificate else self._tokens.get(name)
        pair = None if token else self._certificate(name, groups or TOKEN_USERS.get(name, ()))
        return kubeconfig.write(
            self.folder / f"{name}-{uuid.uuid4().hex[:6]}.kubeconfig",
            server or self.url,
            self.authority.certificate if (server or self.url).startswith("https") else None,
            name,
            token=token,
            certificate=pair,
            namespace=namespace,
        )

    def token(self, user: str) -> str:
        """The bearer token of one of `TOKEN_USERS`."""
        return self._tokens[user]

    def kubectl(self, *arguments: str, stdin: str | None = None, check: bool = True) -> kubectl.Result:
        """Run kubectl as the administrator."""
        return kubectl.run(*arguments, kubeconfig=self.kubeconfig, stdin=stdin, check=check)

    def apply(self, *objects: Object) -> None:
        """Apply objects as the administrator; a field that does not exist is an error."""
        for item in objects:
            self.api.apply(self._resources.of(item).path(item), item)

    def pods(self, namespace: str, selector: str = "") -> list[Object]:
        """The pods of a namespace as they are now."""
        query = f"?{urlencode({'labelSelector': selector})}" if selector else ""
        return self.api.items(f"/api/v1/namespaces/{namespace}/pods{query}")

    def _certificate(self, name: str, groups: tuple[str, ...]) -> KeyPair:
        key = (name, *groups)
        if key not in self._certificates:
            self._certificates[key] = self.authority.issue(f"user-{len(self._certificates)}", name, groups)
        return self._certificates[key]

    def _start_etcd_and_server(self) -> None:
        etcd, peer, self._port = (free_port() for _ in range(3))
        self.storage = storage = f"http://127.0.0.1:{etcd}"
        self.url = f"https://127.0.0.1:{self._port}"
        self.processes.start(
            "etcd",
            [
                programs.program("etcd"),
                f"--data-dir={self.folder / 'etcd'}",
                f"--listen-client-urls={storage}",
                f"--advertise-client-urls={storage}",
                f"--listen-peer-urls=http://127.0.0.1:{peer}",
                f"--initial-advertise-peer-urls=http://127.0.0.1:{peer}",
                f"--initial-cluster=default=http://127.0.0.1:{peer}",
                # The data is thrown away at the end, so nothing has to reach the disk.
                "--unsafe-no-fsync",
                # Benchmarks fill it: without this etcd takes no more writes at 2 GB.
                f"--quota-backend-bytes={8 << 30}",
                "--log-level=warn",
            ],
        )
        self._start_server()

    def _start_server(self) -> None:
        self.processes.start("kube-apiserver", self._server_arguments())

    def _server_arguments(self) -> list[str]:
        serving = self.authority.issue("server", "kube-apiserver", server=True)
        tokens = self.folder / "tokens.csv"
        tokens.touch(mode=0o600)
        tokens.write_text(
            "".join(
                f'{self._tokens[user]},{user},{user},"{",".join(groups)}"\n' for user, groups in TOKEN_USERS.items()
            )
        )
        # Without controllers there is no default ServiceAccount, so that each Pod would be refused, and
        # nobody to take off the taint that new nodes get.
        unwanted = "--disable-admission-plugins=ServiceAccount,TaintNodesByCondition"
        without = [] if self._controllers else [unwanted]
        return [
            programs.program("kube-apiserver"),
            f"--etcd-servers={self.storage}",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            "--endpoint-reconciler-type=none",
            f"--secure-port={self._port}",
            "--service-cluster-ip-range=10.96.0.0/16",
            f"--cert-dir={self.folder / 'pki'}",
            f"--tls-cert-file={serving.certificate}",
            f"--tls-private-key-file={serving.key}",
            f"--client-ca-file={self.authority.certificate}",
            f"--token-auth-file={tokens}",
            "--authorization-mode=RBAC",
            "--allow-privileged=true",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-signing-key-file={self.service_account_key}",
            f"--service-account-key-file={self.service_account_key}",
            "--shutdown-delay-duration=0s",
            *without,
        ]
