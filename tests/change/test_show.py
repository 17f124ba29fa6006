"""The line that shows which labels objects have."""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_ambient.change.plan import Edit, plan
from kubectl_ambient.change.show import show
from kubectl_ambient.cluster.facts import Namespace, Pod, Template, Workload
from kubectl_ambient.shell.aim import Aim

AT_HOME = Aim()


def texts(edits: Sequence[Edit], aim: Aim = AT_HOME) -> list[str]:
    return [aim.say(offer) for offer in show(edits)]


def test_labels_are_columns() -> None:
    edits = [plan(Namespace(name=name), "enable") for name in ("shop", "bank")]
    assert texts(edits, Aim((("--context", "dev"),))) == [
        "kubectl get ns shop bank -L istio.io/dataplane-mode --context dev"
    ]


def test_those_of_a_template_too() -> None:
    web = Workload(kind="Deployment", namespace="shop", name="web", template=Template(labels={}))
    job = Workload(kind="CronJob", namespace="shop", name="job", template=Template(labels={}))
    pod = Pod(namespace="shop", name="web-1", labels={})
    at = "spec.template.metadata.labels.istio'\"\\\\\"'.io/dataplane-mode'"  # quoted for fish as well
    columns = "'custom-columns=NAME:.metadata.name,istio.io/dataplane-mode:."
    (text,) = texts([plan(target, "enable") for target in (web, job, pod)])
    assert text.split(" && ") == [
        f"kubectl get deploy web -n shop -o {columns}{at}",
        f"kubectl get cronjob job -n shop -o {columns}spec.jobTemplate.{at}",
        "kubectl get pod web-1 -n shop -L istio.io/dataplane-mode",
    ]
