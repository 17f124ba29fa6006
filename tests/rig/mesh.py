"""The real Istio: its install manifests in the cluster, and a real istiod outside of it."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import urllib3
import yaml

from . import definitions, programs, workloads
from .api import Object
from .cluster import Cluster
from .processes import free_port

VERSION = "1.30.3"
"""What the played DaemonSets call themselves."""

NAMESPACE = "istio-system"

# The CRDs come from the module's own files, the webhook is applied when its server runs, nothing
# answers the validating one, and nothing measures load for an autoscaler.
_LEFT_OUT = {
    "CustomResourceDefinition",
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
    "HorizontalPodAutoscaler",
}

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Mesh:
    """Istio in ambient mode, installed into a running cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self._http, self._https = free_port(), free_port()

    def start(self) -> Mesh:
        """Install it, start istiod and the played node agent, and wait until all of it works."""
        cluster = self.cluster
        manifests = self._create_definitions()
        # Before istiod: it looks for the injector's ConfigMap once, at its start.
        cluster.apply(*(item for item in manifests if item["kind"] not in _LEFT_OUT))
        self._start_istiod()
        self._start_agent()
        cluster.processes.wait_for("istiod", self._ready)
        self._register_webhook(next(i for i in manifests if i["kind"] == "MutatingWebhookConfiguration"))
        cluster.processes.wait_for("the injection", self._injects)
        cluster.processes.wait_for("istio-cni and ztunnel", self._daemons_ready)
        return self

    def debug(self, page: str) -> Any:
        """A page of istiod's own, as `ambientz`: every workload and service, with its waypoint, as ztunnels get it."""
        return urllib3.request("GET", f"http://127.0.0.1:{self._http}/debug/{page}", retries=False, timeout=10).json()

    def _create_definitions(self) -> list[Object]:
        """Create CRDs and the namespace, and meanwhile let istioctl print what goes into it."""
        with ThreadPoolExecutor() as pool:
            printed = pool.submit(generate)
            self.cluster.kubectl("create", "namespace", NAMESPACE)
            definitions.install(self.cluster)
            return printed.result()

    def _start_istiod(self) -> None:
        grpc, secure, monitoring, control = (free_port() for _ in range(4))
        self.cluster.processes.start(
            "istiod",
            [
                programs.program("pilot-discovery"),
                "discovery",
                f"--kubeconfig={self.cluster.kubeconfig}",
                f"--httpAddr=127.0.0.1:{self._http}",
                f"--httpsAddr=127.0.0.1:{self._https}",
                f"--grpcAddr=127.0.0.1:{grpc}",
                f"--secureGRPCAddr=127.0.0.1:{secure}",
                f"--monitoringAddr=127.0.0.1:{monitoring}",
                "--ctrlz_address=127.0.0.1",
                f"--ctrlz_port={control}",
                # A test run makes many namespaces, and istiod writes into each of them.
                "--kubernetesApiQPS=500",
                "--kubernetesApiBurst=1000",
            ],
            {
                "PILOT_ENABLE_AMBIENT": "true",
                "POD_NAMESPACE": NAMESPACE,
                "POD_NAME": "istiod-outside",
                "SERVICE_ACCOUNT": "istiod",
                "REVISION": "default",
                "CLUSTER_ID": "Kubernetes",
                "ISTIOD_CUSTOM_HOST": "localhost",
                "INJECTION_WEBHOOK_CONFIG_NAME": "",
                "VALIDATION_WEBHOOK_CONFIG_NAME": "",
            },
        )

    def _start_agent(self) -> None:
        self.cluster.processes.start(
            "agent",
            [sys.executable, "-m", "tests.rig.agent", str(self.cluster.kubeconfig)],
            {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        )

    def _ready(self) -> bool:
        try:
            answer = urllib3.request("GET", f"http://127.0.0.1:{self._http}/ready", retries=False, timeout=1)
        except urllib3.exceptions.HTTPError:
            return False
        return answer.status == 200

    def _register_webhook(self, webhook: Object) -> None:
        secrets = f"/api/v1/namespaces/{NAMESPACE}/secrets/istio-ca-secret"
        secret = self.cluster.processes.wait_for("istiod's CA", lambda: self.cluster.api.get(secrets))
        # The certificates that istiod serves with are signed by the CA that it made for itself.
        authority = base64.b64decode(secret["data"]["ca-cert.pem"])
        for hook in webhook["webhooks"]:
            path = hook["clientConfig"].pop("service")["path"]
            hook["clientConfig"]["url"] = f"https://localhost:{self._https}{path}"
            hook["clientConfig"]["caBundle"] = base64.b64encode(authority).decode()
        self.cluster.apply(webhook)

    def _injects(self) -> bool:
        """Whether the API server asks the webhook by now, which it learns of a moment later."""
        asking = workloads.pod("asking", "default", labels={"sidecar.istio.io/inject": "true"})
        query = {"dryRun": "All"}
        made = self.cluster.api.request("POST", "/api/v1/namespaces/default/pods", asking, query=query)
        return "sidecar.istio.io/status" in made["metadata"].get("annotations", {})

    def _daemons_ready(self) -> bool:
        daemons = self.cluster.api.items(f"/apis/apps/v1/namespaces/{NAMESPACE}/daemonsets")
        return len(daemons) == 2 and all(
            daemon["status"].get("numberReady", 0) >= daemon["status"]["desiredNumberScheduled"] > 0
            for daemon in daemons
        )


def generate() -> list[Object]:
    """What `istioctl install --set profile=ambient` would apply."""
    done = subprocess.run(
        [
            programs.program("istioctl"),
            "manifest",
            "generate",
            "--set=profile=ambient",
            "--set=hub=docker.io/istio",
            f"--set=tag={VERSION}",
        ],
        env={"HOME": os.devnull, "KUBECONFIG": os.devnull},
        capture_output=True,
        text=True,
        check=True,
        timeout=180,
    )
    return [item for item in yaml.load_all(done.stdout, _Loader) if item]
