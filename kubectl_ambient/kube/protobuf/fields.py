"""The field numbers that Kubernetes publishes, of the fields that are read [k8s.io/api, `generated.proto`s].

`name=number`, then what it holds where that is no text: `bool`, `int`, `map` (of texts), a message, `[]` for a list.
The names are those of the JSON, which the wire types have too. A number never changes its meaning.
"""

from __future__ import annotations

from msgspec import Struct

_METADATA = "metadata=1:ObjectMeta"

_MESSAGES = {
    # k8s.io/apimachinery/pkg/apis/meta/v1
    "Time": "seconds=1:int nanos=2:int",
    "ObjectMeta": (
        "name=1 namespace=3 uid=5 resourceVersion=6 generation=7:int creationTimestamp=8:Time deletionTimestamp=9:Time"
        " labels=11:map annotations=12:map ownerReferences=13:OwnerReference[]"
    ),
    "OwnerReference": "kind=1 name=3 apiVersion=5 controller=6:bool",
    "LabelSelector": "matchLabels=1:map matchExpressions=2:LabelSelectorRequirement[]",
    "LabelSelectorRequirement": "key=1 operator=2 values=3:[]",
    "Condition": "type=1 status=2 observedGeneration=3:int lastTransitionTime=4:Time reason=5 message=6",
    "PartialObjectMetadata": _METADATA,
    "Status": "status=2 message=3 reason=4 details=5:StatusDetails code=6:int",
    "StatusDetails": "name=1 group=2 kind=3 causes=4:StatusCause[] retryAfterSeconds=5:int",
    "StatusCause": "reason=1 message=2 field=3",
    # k8s.io/apimachinery/pkg/util/intstr
    "IntOrString": "type=1:int intVal=2:int strVal=3",
    # k8s.io/api/core/v1
    "Pod": f"{_METADATA} spec=2:PodSpec status=3:PodStatus",
    "PodSpec": (
        "containers=2:Container[] nodeSelector=7:map serviceAccountName=8 nodeName=10 hostNetwork=11:bool"
        " affinity=18:Affinity initContainers=20:Container[] tolerations=22:Toleration[] os=36:PodOS"
    ),
    "Affinity": "nodeAffinity=1:NodeAffinity",
    "NodeAffinity": "requiredDuringSchedulingIgnoredDuringExecution=1:NodeSelector",
    "NodeSelector": "nodeSelectorTerms=1:NodeSelectorTerm[]",
    "NodeSelectorTerm": "matchExpressions=1:NodeSelectorRequirement[] matchFields=2:NodeSelectorRequirement[]",
    "NodeSelectorRequirement": "key=1 operator=2 values=3:[]",
    "Toleration": "key=1 operator=2 value=3 effect=4",
    "Node": f"{_METADATA} spec=2:NodeSpec",
    "NodeSpec": "taints=5:Taint[]",
    "Taint": "key=1 value=2 effect=3",
    "PodOS": "name=1",
    "Container": (
        "name=1 image=2 command=3:[] args=4:[] ports=6:ContainerPort[] env=7:EnvVar[] livenessProbe=10:Probe"
        " readinessProbe=11:Probe envFrom=19:EnvFromSource[] startupProbe=22:Probe restartPolicy=24"
    ),
    "ContainerPort": "name=1 containerPort=3:int protocol=4",
    "Probe": "handler=1:ProbeHandler",
    "ProbeHandler": "httpGet=2:HTTPGetAction tcpSocket=3:TCPSocketAction grpc=4:GRPCAction",
    "HTTPGetAction": "port=2:IntOrString",
    "TCPSocketAction": "port=1:IntOrString",
    "GRPCAction": "port=1:int",
    "EnvFromSource": "",
    "EnvVar": "name=1 value=2 valueFrom=3:EnvVarSource",
    "EnvVarSource": "configMapKeyRef=3:ConfigMapKeySelector",
    "ConfigMapKeySelector": "key=2",
    "PodStatus": (
        "phase=1 conditions=2:PodCondition[] reason=4 podIP=6 startTime=7:Time containerStatuses=8:ContainerStatus[]"
        " initContainerStatuses=10:ContainerStatus[] podIPs=12:PodIP[]"
    ),
    "PodCondition": "type=1 status=2 lastTransitionTime=4:Time reason=5 message=6",
    "PodIP": "ip=1",
    "ContainerStatus": "name=1 state=2:ContainerState lastState=3:ContainerState",
    "ContainerState": (
        "waiting=1:ContainerStateWaiting running=2:ContainerStateRunning terminated=3:ContainerStateTerminated"
    ),
    "ContainerStateWaiting": "reason=1 message=2",
    "ContainerStateRunning": "",
    "ContainerStateTerminated": "",
    "PodTemplateSpec": f"{_METADATA} spec=2:PodSpec",
    "Service": f"{_METADATA} spec=2:ServiceSpec status=3:ServiceStatus",
    "ServiceSpec": "ports=1:ServicePort[] selector=2:map clusterIP=3 type=4 externalName=10 clusterIPs=18:[]",
    "ServicePort": "name=1 protocol=2 port=3:int targetPort=4:IntOrString nodePort=5:int appProtocol=6",
    "ServiceStatus": "conditions=2:Condition[]",
    "Event": (
        f"{_METADATA} involvedObject=2:ObjectReference reason=3 message=4 lastTimestamp=7:Time eventTime=10:Time"
        " series=11:EventSeries"
    ),
    "ObjectReference": "kind=1 namespace=2 name=3",
    "EventSeries": "lastObservedTime=2:Time",
    "ReplicationController": f"{_METADATA} spec=2:ReplicationControllerSpec",
    "ReplicationControllerSpec": "replicas=1:int selector=2:map template=3:PodTemplateSpec",
    # k8s.io/api/apps/v1
    "Deployment": f"{_METADATA} spec=2:DeploymentSpec status=3:DeploymentStatus",
    "DeploymentSpec": (
        "replicas=1:int selector=2:LabelSelector template=3:PodTemplateSpec strategy=4:DeploymentStrategy paused=7:bool"
    ),
    "DeploymentStatus": "observedGeneration=1:int replicas=2:int conditions=6:PodCondition[] readyReplicas=7:int",
    "DeploymentStrategy": "type=1 rollingUpdate=2:RollingUpdateDeployment",
    "RollingUpdateDeployment": "",
    "StatefulSet": f"{_METADATA} spec=2:StatefulSetSpec status=3:StatefulSetStatus",
    "StatefulSetSpec": (
        "replicas=1:int selector=2:LabelSelector template=3:PodTemplateSpec updateStrategy=7:StatefulSetUpdateStrategy"
        " ordinals=11:StatefulSetOrdinals"
    ),
    "StatefulSetStatus": "observedGeneration=1:int replicas=2:int readyReplicas=3:int conditions=10:PodCondition[]",
    "StatefulSetUpdateStrategy": "type=1 rollingUpdate=2:RollingUpdateStatefulSetStrategy",
    "RollingUpdateStatefulSetStrategy": "partition=1:int",
    "StatefulSetOrdinals": "start=1:int",
    "DaemonSet": f"{_METADATA} spec=2:DaemonSetSpec status=3:DaemonSetStatus",
    "DaemonSetSpec": "selector=1:LabelSelector template=2:PodTemplateSpec updateStrategy=3:DaemonSetUpdateStrategy",
    "DaemonSetStatus": (
        "currentNumberScheduled=1:int desiredNumberScheduled=3:int observedGeneration=5:int"
        " conditions=10:PodCondition[]"
    ),
    "DaemonSetUpdateStrategy": "type=1 rollingUpdate=2:RollingUpdateDaemonSet",
    "RollingUpdateDaemonSet": "",
    "ReplicaSet": f"{_METADATA} spec=2:ReplicaSetSpec status=3:ReplicaSetStatus",
    "ReplicaSetSpec": "replicas=1:int selector=2:LabelSelector template=3:PodTemplateSpec",
    "ReplicaSetStatus": "replicas=1:int observedGeneration=3:int readyReplicas=4:int conditions=6:PodCondition[]",
    # k8s.io/api/batch/v1
    "Job": f"{_METADATA} spec=2:JobSpec status=3:JobStatus",
    "JobSpec": (
        "parallelism=1:int completions=2:int selector=4:LabelSelector template=6:PodTemplateSpec suspend=10:bool"
    ),
    "JobStatus": "conditions=1:JobCondition[]",
    "JobCondition": "type=1 status=2 lastTransitionTime=4:Time",
    "CronJob": f"{_METADATA} spec=2:CronJobSpec",
    "CronJobSpec": "suspend=4:bool jobTemplate=5:JobTemplateSpec",
    "JobTemplateSpec": f"{_METADATA} spec=2:JobSpec",
    # k8s.io/api/networking/v1
    "NetworkPolicy": f"{_METADATA} spec=2:NetworkPolicySpec",
    "NetworkPolicySpec": (
        "podSelector=1:LabelSelector ingress=2:NetworkPolicyIngressRule[] egress=3:NetworkPolicyEgressRule[]"
        " policyTypes=4:[]"
    ),
    "NetworkPolicyIngressRule": "ports=1:NetworkPolicyPort[] from=2:NetworkPolicyPeer[]",
    "NetworkPolicyEgressRule": "ports=1:NetworkPolicyPort[] to=2:NetworkPolicyPeer[]",
    "NetworkPolicyPeer": "podSelector=1:LabelSelector namespaceSelector=2:LabelSelector ipBlock=3:IPBlock",
    "NetworkPolicyPort": "protocol=1 port=2:IntOrString endPort=3:int",
    "IPBlock": "cidr=1 except=2:[]",
    # k8s.io/api/discovery/v1
    "EndpointSlice": f"{_METADATA} endpoints=2:Endpoint[] ports=3:EndpointPort[] addressType=4",
    "Endpoint": "addresses=1:[] conditions=2:EndpointConditions targetRef=4:ObjectReference nodeName=6 zone=7",
    "EndpointConditions": "ready=1:bool serving=2:bool terminating=3:bool",
    "EndpointPort": "name=1 protocol=2 port=3:int appProtocol=4",
}


class Field(Struct, frozen=True):
    """One field of a message: its number, what it holds (`text`, `bool`, `int`, `map`, a message), whether many."""

    number: int
    holds: str
    repeated: bool


def fields_of(message: str) -> dict[str, Field]:
    """The known fields of a message by their names in JSON. Raises KeyError for one that is not known."""
    found = {}
    for word in _MESSAGES[message].split():
        name, _, rest = word.partition("=")
        number, _, holds = rest.partition(":")
        found[name] = Field(int(number), holds.removesuffix("[]") or "text", holds.endswith("[]"))
    return found


def is_known(message: str) -> bool:
    """Whether objects of that kind can be read in protobuf."""
    return message in _MESSAGES
