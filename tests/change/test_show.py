"""The line that shows which labels objects have."""

from __future__ import annotations

from kubectl_ambient.change.plan import plan
from kubectl_ambient.change.show import show
from kubectl_ambient.cluster.facts import Namespace, Pod, Template, Workload


def test_labels_are_columns() -> None:
    edits = [plan(Namespace(name=name), "enable") for name in ("shop", "bank")]
    assert show(edits, flags=" --context dev") == "kubectl get ns shop bank -L istio.io/dataplane-mode --context dev"


def test_those_of_a_template_too() -> None:
    web = Workload(kind="Deployment", namespace="shop", name="web", template=Template(labels={}))
    job = Workload(kind="CronJob", namespace="shop", name="job", template=Template(labels={}))
    pod = Pod(namespace="shop", name="web-1", labels={})
    at = r"spec.template.metadata.labels.istio\.io/dataplane-mode'"
    columns = "'custom-columns=NAME:.metadata.name,istio.io/dataplane-mode:."
    assert show([plan(target, "enable") for target in (web, job, pod)]).split(" && ") == [
        f"kubectl get deploy web -n shop -o {columns}{at}",
        f"kubectl get cronjob job -n shop -o {columns}spec.jobTemplate.{at}",
        "kubectl get pod web-1 -n shop -L istio.io/dataplane-mode",
    ]
