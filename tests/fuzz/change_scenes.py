"""Clusters in which a change of labels has consequences: callers and called in three namespaces, and policies."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import partial
from typing import Any

from tests.fuzz.dice import Dice, made
from tests.fuzz.words import Fields, filled
from tests.rig.load import documents
from tests.risks.cases import INSTALLATION

HOMES = ("shop", "pay", "edge")
_NAMES = ("web", "cart")
_MODE, _USE, _USE_HOME = "istio.io/dataplane-mode", "istio.io/use-waypoint", "istio.io/use-waypoint-namespace"
_GATEWAY, _MANAGED = "gateway.networking.k8s.io/gateway-name", "gateway.istio.io/managed"
_INGRESS = "istio.io/ingress-use-waypoint"
_ODD = ({"istio.io/reroute-virtual-interfaces": "k6t-eth0"}, {"vpc.amazonaws.com/pod-eni": "[{}]"})
_CANONICAL = "service.istio.io/canonical-name"
_INJECTED = {_CANONICAL: "x", "security.istio.io/tlsMode": "istio", "sidecar.istio.io/inject": "true"}
_GATEWAY_API, _SECURITY, _NETWORKING = "gateway.networking.k8s.io/v1", "security.istio.io/v1", "networking.k8s.io/v1"
_PORTS = ({"port": 8080}, {"port": 15008}, {"port": "http"}, {"port": 9000, "endPort": 16000})
_IN, _SIDECAR = {"ambient.istio.io/redirection": "enabled"}, {"sidecar.istio.io/status": "{}"}
_PRINCIPAL = "cluster.local/ns/{}/sa/default"


def item(version: str, kind: str, name: str, namespace: str = "", **fields: Any) -> Fields:
    """An object; `labels` and `annotations` are those of its metadata."""
    inner: Fields = {key: fields.pop(key) for key in ("labels", "annotations") if key in fields}
    metadata = filled({"name": name, "namespace": namespace or None, **inner})
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **fields}


def _scene(dice: Dice, *, settled: bool = False, healthy: bool = False) -> list[Fields]:
    namespaces = [*_namespaces(dice, settled)]
    meshed = {found["metadata"]["name"] for found in namespaces if _MODE in found["metadata"]["labels"]}
    parts = [
        *namespaces,
        *_pods(dice, meshed, settled, healthy or settled),
        *_services(dice),
        *_waypoints(dice),
        *_proxies(dice, meshed),
    ]
    parts += [*_network_policies(dice, settled), *_policies_of_istio(dice), *_callers(dice)]
    return [*_installation(dice), *_nodes(dice), *_platform(dice), *parts]


def _installation(dice: Dice) -> list[Fields]:
    """One whose istiod may have ambient off."""
    off = dice.rarely(True)
    found = list(documents(INSTALLATION))
    for istiod in (one for one in found if one["metadata"]["name"] == "istiod" and off):
        for variable in istiod["spec"]["template"]["spec"]["containers"][0]["env"]:
            if variable["name"] == "PILOT_ENABLE_AMBIENT":
                variable["value"] = "false"
    return found


def _nodes(dice: Dice) -> Iterator[Fields]:
    """Another node than the healthy one: with agents, or some, or none."""
    labels = dice.pick(({"kubernetes.io/os": "linux"}, {"kubernetes.io/os": "windows"}, {"type": "virtual-kubelet"}))
    yield item("v1", "Node", "n2", labels=labels)
    for number, (name, app) in enumerate((("istio-cni-node", "k8s-app"), ("ztunnel", "app"))):
        if dice.mostly():
            found = pod("istio-system", f"{name}-n2", 3 + number, labels={app: name, _MODE: "none"}, annotations={})
            image = "install-cni" if app == "k8s-app" else "ztunnel"
            found["spec"]["containers"][0]["image"] = f"docker.io/istio/{image}:1.30.3"
            found["status"]["conditions"][0]["status"] = dice.pick(("True", "True", "False"))
            found["spec"]["nodeName"] = "n2"
            yield found


def _platform(dice: Dice) -> Iterator[Fields]:
    """What network plugins are set to."""
    if dice.rarely(True):
        data = {"cni-exclusive": dice.pick(("true", "false")), "bpf-lb-sock": dice.pick(("true", "false"))}
        yield item("v1", "ConfigMap", "cilium-config", "kube-system", data=data)
    if dice.rarely(True):
        felix = {"bpfEnabled": dice.pick((True, False))}
        yield item("crd.projectcalico.org/v1", "FelixConfiguration", "default", spec=felix)
    if dice.rarely(True):
        container = {"name": "aws-node", "image": "cni:1", "env": [{"name": "ENABLE_POD_ENI", "value": "true"}]}
        labels = {"k8s-app": "aws-node"}
        template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
        spec = {"selector": {"matchLabels": labels}, "template": template}
        yield item("apps/v1", "DaemonSet", "aws-node", "kube-system", labels=labels, spec=spec)
    if dice.rarely(True):
        gateway: Fields = {"gatewayConfig": {"routingViaHost": dice.pick((True, False))}}
        network: Fields = {"defaultNetwork": {"type": "OVNKubernetes", "ovnKubernetesConfig": gateway}}
        yield item("operator.openshift.io/v1", "Network", "cluster", spec=network)


def _namespaces(dice: Dice, settled: bool) -> Iterator[Fields]:
    for home in HOMES:
        labels = {
            "kubernetes.io/metadata.name": home,
            **(dice.pick(({}, {}, {_MODE: "ambient"}, {_MODE: "ambient"}))),
            **((None if settled else dice.rarely({"istio-injection": "enabled"})) or {}),
            **(dice.rarely({_USE: "wp"}, {_USE: "wp", _USE_HOME: "edge"}) or {}),
            **(dice.rarely({_INGRESS: "true"}) or {}),
        }
        yield item("v1", "Namespace", home, labels=labels)


def _pods(dice: Dice, meshed: Collection[str], settled: bool, healthy: bool) -> Iterator[Fields]:
    """Pods as their labels have put them: in, with a sidecar, or out; unless all has settled some are not in yet."""
    address = iter(range(10, 250))
    for home in HOMES:
        for name in _NAMES:
            kinds = (None, None, None, None, "label", "label", "none", "host", "sidecar")
            kind = dice.pick(kinds[:8] if settled else kinds)
            own = {"sidecar": _INJECTED, "label": {_MODE: "ambient"}, "none": {_MODE: "none"}}.get(kind or "", {})
            waypoint = dice.rarely({_USE: "wp"}, {_USE: "wp", _USE_HOME: "edge"}) or {}
            is_in = kind == "label" or (kind is None and home in meshed)
            annotations = _SIDECAR if kind == "sidecar" else _IN if is_in and (settled or dice.mostly()) else {}
            scraped = None if settled else dice.rarely({"prometheus.io/scrape": "true"})
            tunnel = dice.rarely({"networking.istio.io/tunnel": "http"}) if kind == "sidecar" else None
            labels = {"app": name, **own, **waypoint, **(tunnel or {})}
            network: Fields = {"hostNetwork": True} if kind == "host" else {}
            odd = None if settled else dice.rarely(*_ODD)
            annotations = {**annotations, **(scraped or {}), **(odd or {})}
            where = {**network, "nodeName": "n1" if healthy else dice.pick(("n1", "n1", "n2"))}
            yield pod(home, name, next(address), labels=labels, annotations=annotations, **where)


def pod(home: str, name: str, number: int, *, labels: Fields, annotations: Fields, **spec: object) -> Fields:
    """A pod that runs and is Ready, with one port."""
    container = {"name": "app", "image": "app:1", "ports": [{"name": "http", "containerPort": 8080}]}
    status = {"phase": "Running", "podIP": f"10.0.0.{number}", "conditions": [{"type": "Ready", "status": "True"}]}
    whole = {"nodeName": "n1", "serviceAccountName": "default", "containers": [container], **spec}
    return item("v1", "Pod", name, home, labels=labels, annotations=annotations, spec=whole, status=status)


def _services(dice: Dice) -> Iterator[Fields]:
    for place, home in enumerate(HOMES):
        for number, name in enumerate(_NAMES[: dice.count(1, 2)]):
            kind = dice.pick(("ClusterIP", "ClusterIP", "NodePort", "None"))
            waypoints = ({_USE: "wp"}, {_USE: "wp", _USE_HOME: "edge"}, {_USE: "none"}, {_USE: "wp", _INGRESS: "true"})
            labels = dice.rarely(*waypoints) or {}
            ip = "None" if kind == "None" else f"10.96.{place}.{number + 1}"
            spec = {
                "type": "NodePort" if kind == "NodePort" else "ClusterIP",
                "clusterIP": ip,
                "selector": {"app": name},
                "ports": [{"name": "http", "port": 80, "targetPort": dice.pick((8080, "http"))}],
            }
            yield item("v1", "Service", name, home, labels={"app": name, **labels}, spec=spec)


def _waypoints(dice: Dice) -> Iterator[Fields]:
    for number, home in enumerate(HOMES):
        if dice.count(0, 1):
            allowed = {"allowedRoutes": {"namespaces": {"from": dice.pick(("All", "Same"))}}}
            listener = {"name": "mesh", "port": 15008, "protocol": "HBONE", **allowed}
            spec = {"gatewayClassName": "istio-waypoint", "listeners": [listener]}
            status = {"addresses": [{"type": "IPAddress", "value": f"10.96.9.{number + 1}"}]}
            labels = filled({"istio.io/waypoint-for": dice.some("all", "workload")})
            yield item(_GATEWAY_API, "Gateway", "wp", home, labels=labels, spec=spec, status=status)
            if dice.mostly():
                own = {_GATEWAY: "wp", _MANAGED: "istio.io-mesh-controller", _MODE: "none", _CANONICAL: "wp"}
                yield pod(home, "wp-1", 2 + number, labels=own, annotations=_SIDECAR)


def _proxies(dice: Dice, meshed: Collection[str]) -> Iterator[Fields]:
    """Ingress controllers, gateways of Istio and of others, Prometheus."""
    annotations = dice.rarely({"ambient.istio.io/bypass-inbound-capture": "true"}) or {}
    kinds = (
        ("nginx", {"app.kubernetes.io/name": "ingress-nginx"}),
        ("prometheus", {"app.kubernetes.io/name": "prometheus"}),
        ("in", {_GATEWAY: "in", _MANAGED: "istio.io-gateway-controller", _CANONICAL: "in"}),
        ("far", {_GATEWAY: "far"}),
    )
    # Without any Gateway, or without that of a pod, files do not say that there is none.
    homes = {"far": {"edge"}, "in": {dice.pick(HOMES)} if dice.count(0, 1) else set()}
    for number, (name, labels) in enumerate(kinds):
        if dice.count(0, 1):
            home = dice.pick(HOMES)
            state = {**annotations, **(_IN if home in meshed and _MANAGED not in labels else {})}
            yield pod(home, f"{name}-1", 251 - number, labels=labels, annotations=state)
            homes.setdefault(name, set()).add(home)
    for name, class_name in (("in", "istio"), ("far", "other")):
        spec = {"gatewayClassName": class_name, "listeners": [{"name": "http", "port": 80, "protocol": "HTTP"}]}
        yield from (item(_GATEWAY_API, "Gateway", name, home, spec=spec) for home in sorted(homes[name]))
    yield item(_GATEWAY_API, "GatewayClass", "other", spec={"controllerName": "example.org/gateway"})


def _peers(dice: Dice, settled: bool) -> list[Fields]:
    return dice.many(
        lambda: dice.pick(
            (
                {"podSelector": {}},
                {"namespaceSelector": {}},
                {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": dice.pick(HOMES)}}},
                {"podSelector": {"matchLabels": {"app": dice.pick(_NAMES)}}},
                {"namespaceSelector": {}, "podSelector": {"matchLabels": {_GATEWAY: "wp"}}},
                {"ipBlock": {"cidr": "10.0.0.0/25"}},
            )[: 5 if settled else 6]
        ),
        2,
    )


def _rule(dice: Dice, key: str, settled: bool) -> Fields:
    ports = dice.many(lambda: dice.pick(_PORTS), 2)
    return filled({key: _peers(dice, settled) or None, "ports": ports or None})


def _network_policies(dice: Dice, settled: bool) -> Iterator[Fields]:
    for number in range(dice.count(0, 3)):
        spec: Fields = {"podSelector": dice.pick(({}, {"matchLabels": {"app": dice.pick(_NAMES)}}))}
        for way, key in (("ingress", "from"), ("egress", "to")):
            if dice.count(0, 1):
                spec[way] = dice.many(partial(_rule, dice, key, settled), 2)
        spec["policyTypes"] = [word for word, way in (("Ingress", "ingress"), ("Egress", "egress")) if way in spec]
        yield item(_NETWORKING, "NetworkPolicy", f"p{number}", dice.pick(HOMES), spec=spec)


def _policies_of_istio(dice: Dice) -> Iterator[Fields]:
    homes = (*HOMES, "istio-system")
    for number in range(dice.count(0, 2)):
        whom = filled({"selector": dice.some({"matchLabels": {"app": "web"}})})
        mode = {"mtls": {"mode": dice.pick(("STRICT", "STRICT", "PERMISSIVE", "DISABLE"))}}
        by_port = {"portLevelMtls": {"8080": {"mode": "STRICT"}}} if whom and dice.count(0, 1) else {}
        yield item(_SECURITY, "PeerAuthentication", f"p{number}", dice.pick(homes), spec={**whom, **mode, **by_port})
    for number in range(dice.count(0, 2)):
        rule = filled(
            {
                "from": dice.some(
                    [{"source": {"principals": [_PRINCIPAL.format(dice.pick(HOMES))]}}],
                    [{"source": {"namespaces": ["pay"]}}],
                    [{"source": {"ipBlocks": ["10.0.0.0/8"]}}],
                ),
                "to": dice.some([{"operation": {"methods": ["GET"]}}], [{"operation": {"ports": ["8080"]}}]),
            }
        )
        whom = dice.pick(
            (
                {},
                {"selector": {"matchLabels": {"app": "web"}}},
                {"targetRefs": [{"group": "", "kind": "Service", "name": "web"}]},
                {"targetRefs": [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "wp"}]},
            )
        )
        spec = {**whom, "action": dice.pick(("ALLOW", "DENY")), "rules": [rule]}
        home = dice.pick(HOMES if "targetRefs" in spec else homes)
        yield item(_SECURITY, "AuthorizationPolicy", f"a{number}", home, spec=spec)


def _callers(dice: Dice) -> Iterator[Fields]:
    """What tells who calls in plain text."""
    home, other = dice.pick(HOMES), dice.pick(HOMES)
    if dice.count(0, 1):
        backend = {"service": {"name": "web", "port": {"number": 80}}}
        spec = {"ingressClassName": dice.pick(("nginx", "gone")), "defaultBackend": backend}
        yield item(_NETWORKING, "Ingress", "web", home, spec=spec)
        yield item(_NETWORKING, "IngressClass", "nginx", spec={"controller": "k8s.io/ingress-nginx"})
    if dice.count(0, 1):
        parent = {"name": dice.pick(("far", "in")), "namespace": other}
        controller = "example.org/gateway" if parent["name"] == "far" else "istio.io/gateway-controller"
        taken = {
            "parentRef": parent,
            "controllerName": controller,
            "conditions": [{"type": "Accepted", "status": dice.pick(("True", "True", "False"))}],
        }
        rules = [{"backendRefs": [{"name": "web", "namespace": home, "port": 80}]}]
        yield item(
            _GATEWAY_API,
            dice.pick(("HTTPRoute", "GRPCRoute")),
            "web",
            dice.pick((home, other)),
            spec={"parentRefs": [parent], "rules": rules},
            status={"parents": [taken]},
        )
    if dice.count(0, 1):
        spec = {"selector": {"matchLabels": {"app": "web"}}, "namespaceSelector": {"any": True}}
        kind, key = dice.pick((("ServiceMonitor", "endpoints"), ("PodMonitor", "podMetricsEndpoints")))
        yield item("monitoring.coreos.com/v1", kind, "web", other, spec={**spec, key: [{"port": "http"}]})
    if dice.count(0, 1):
        client = {"clientConfig": {"service": {"namespace": home, "name": "cart", "port": 80}}, "name": "a.example.org"}
        yield item("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "hook") | {"webhooks": [client]}


scenes = made(_scene)
"""Objects of a mesh of one node whose installation is healthy.

settled: every pod is what what makes it would make now, and none has an address of which a policy speaks. healthy: all
are on the node whose agents serve them.
"""
