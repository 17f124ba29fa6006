"""How Istio's agents were installed, as the labels of their objects tell, so that they are mended in the same way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from kubectl_ambient.cluster.facts import Owner
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.evidence import Fix, offer
from kubectl_ambient.shell.command import istioctl, remark
from kubectl_ambient.shell.words import kind, name, namespace, typed


class Origin(Struct, frozen=True, kw_only=True):
    """`by` is `Helm`, `Sail`, `Istioctl`, or empty where nothing tells; with Helm's `release`, or Sail's `owner`."""

    by: str = ""
    namespace: str = ""
    release: str = ""
    owner: Owner | None = None


def origin_of(labels: Mapping[str, str], owner: Owner | None, release: str, home: str) -> Origin:
    """Who installed an object with these labels, this owner and this release of its annotation.

    Sail is asked first, since it renders by Helm; istioctl renders the charts' label `managed-by: Helm`, but makes no
    release [sail-operator pkg/helm/postrenderer.go; istio operator/pkg/install].
    """
    if labels.get("managed-by") == "sail-operator" or (owner is not None and owner.kind in ("IstioCNI", "ZTunnel")):
        return Origin(by="Sail", namespace=home, owner=owner)
    if release:
        return Origin(by="Helm", namespace=home, release=release)
    if labels.get("operator.istio.io/managed") == "Reconcile":
        return Origin(by="Istioctl", namespace=home)
    return Origin(namespace=home)


def origin_of_cni(snapshot: Snapshot) -> Origin:
    """How istio-cni was installed: by what is left of it, else as ztunnel was."""
    for part in (snapshot.cni_daemonsets, snapshot.cni_config, snapshot.ztunnel_daemonsets):
        for found in part.known:
            origin = origin_of(found.labels, found.owner, found.release, found.namespace)
            if origin.by:
                return _of_istio_cni(origin) if part is snapshot.ztunnel_daemonsets else origin
    return Origin()


def _of_istio_cni(of_ztunnel: Origin) -> Origin:
    """ztunnel has a release and a resource of its own: of these only the way is told."""
    return Origin(by=of_ztunnel.by)


def reinstall(snapshot: Snapshot) -> Iterator[Fix]:
    """Put istio-cni back as it was installed; nothing is to be restarted before."""
    origin = origin_of_cni(snapshot)
    effect = "with its settings as they were; restart no pod before istio-cni is Ready again"
    match origin.by:
        case "Helm" if origin.release:
            where = ("in namespace", namespace(origin.namespace))
            yield from offer(remark("install Helm release", name(origin.release), *where, "again"), effect)
        case "Helm":
            yield from offer(remark("install the Helm release of istio-cni again"), effect)
        case "Sail" if origin.owner:
            made = (kind(origin.owner.kind), name(origin.owner.name))
            yield from offer(remark("have the Sail operator make istio-cni again from", *made), effect)
        case "Sail":
            yield from offer(remark("have the Sail operator make istio-cni again from resource IstioCNI"), effect)
        case "Istioctl":
            yield from offer(remark("run istioctl install again as istio-cni was installed"), effect)
        case _:
            yield from offer(remark("install istio-cni again as it was installed"), effect)


def install(snapshot: Snapshot) -> Iterator[Fix]:
    """Install what is missing where something asks for it: beside what is there, in its way."""
    origins = [
        origin_of(found.labels, None, "", found.namespace).by or _by_chart(found.labels)
        for found in snapshot.istiods.known
    ]
    effect = "with the profile ambient, and istiod set to it: what asks for ambient is then put in"
    if "Sail" in origins:
        yield from offer(remark("have the Sail operator install istio-cni and ztunnel beside istiod"), effect)
    elif "Helm" in origins:
        yield from offer(remark("install istio-cni and ztunnel by Helm as istiod was"), effect)
    else:
        yield from offer(istioctl("install --set profile=ambient"), "installs istiod, istio-cni and ztunnel")


def _by_chart(labels: Mapping[str, str]) -> str:
    managed = labels.get("operator.istio.io/managed") == "Reconcile"
    return "Helm" if labels.get("app.kubernetes.io/managed-by") == "Helm" and not managed else ""


def put_plugin_into(folder: str, snapshot: Snapshot) -> Iterator[Fix]:
    """Have istio-cni put its plugin where the node looks for it, in the way in which it was installed."""
    effect = "istio-cni then puts its plugin where the node looks for it, and what hangs starts by itself"
    match origin_of_cni(snapshot).by:
        case "Sail":
            command = remark("set spec.values.cni.cniBinDir of resource IstioCNI to", typed(folder))
        case "Istioctl":
            command = remark("run istioctl install again with values.cni.cniBinDir set to", typed(folder))
        case _:
            command = remark("set cniBinDir in the values of the chart of istio-cni to", typed(folder))
    yield from offer(command, effect)
