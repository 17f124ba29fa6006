"""What keeps a ztunnel or a namespace from being served, as findings: sentence, evidence, and what mends it."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ambient.cluster.facts import Namespace, Pod, Unread
from kubectl_ambient.cluster.label_keys import concerns_istio
from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.evidence import Evidence, Finding
from kubectl_ambient.mesh.evidence import label as label_of
from kubectl_ambient.mesh.findings.served import account_of
from kubectl_ambient.mesh.installation import versions
from kubectl_ambient.mesh.installation.istiod_settings import AMBIENT, TRUSTED
from kubectl_ambient.mesh.installation.istiods import ShownIstiod
from kubectl_ambient.mesh.installation.mesh_config import Discovery
from kubectl_ambient.shell.command import Command, kubectl, offered
from kubectl_ambient.shell.words import Word, accounts, field, inside, label, name, named, namespace


def unseen_namespace(looking: list[ShownIstiod], home: Namespace) -> Finding:
    """No istiod that may tell of its pods looks at it."""
    return Finding.of(
        Code.NAMESPACE_NOT_DISCOVERED,
        f"istiod does not look at namespace {home.name}, which its discoverySelectors leave out: its pods are "
        "redirected to ztunnel, which never hears of them, and their connections fail after 5 seconds",
        *_why_unseen(looking, home.name, home.labels),
        fix=_let_in(home.name, home.labels, looking[0].discovery),
    )


def without_ambient(told_by: list[ShownIstiod], every: list[ShownIstiod] | Unread) -> Finding:
    """The istiods that tell it have ambient off; `every`: all that there are."""
    alone = not isinstance(every, Unread) and all(istiod.serves_ambient == "off" for istiod in every)
    version = told_by[0].told_version[0]
    who = "no istiod has ambient on" if alone else f"ztunnel is told by {told_by[0].ref}, which has ambient off"
    return Finding.of(
        Code.ISTIOD_WITHOUT_AMBIENT,
        f"{who} ({AMBIENT}): ztunnel hears of no pod, so that none in ambient mode can connect, and no waypoint is "
        "known (Helm sets it for good by profile=ambient of the chart istiod)",
        *(istiod.ambient.evidence for istiod in told_by),
        fix=None
        if version and version < versions.OLDEST
        else offered(kubectl(*_set_env(told_by[0], f"{AMBIENT}=true"))),
    )


def not_ready(serving: list[ShownIstiod]) -> Finding:
    """No pod of these is Ready."""
    who = "istiod" if len(serving) == 1 else "any istiod that serves ambient mode"
    return Finding.of(
        Code.ISTIOD_NOT_READY,
        f"no pod of {who} is Ready: pods in ambient mode go on until their certificates end (24 hours by default), new "
        "pods get none, and no change reaches ztunnel; addresses and conditions are as they were last written",
        *(istiod.ready_evidence for istiod in serving),
        fix=offered(kubectl("describe pods", *inside(serving[0].istiod.namespace), "-l app=istiod")),
    )


def not_trusted(asked: list[ShownIstiod], ztunnel: Pod) -> Finding:
    """None of the istiods that it asks for certificates trusts its account."""
    istiod, account = asked[0], account_of(ztunnel)
    trusted = istiod.trusted_accounts or ()
    whom = f"names {' and '.join(trusted)}" if trusted else "names nobody" if istiod.trusted.value else "is not set"
    if ztunnel.service_account == "ztunnel":
        lasting = f"trustedZtunnelNamespace={ztunnel.namespace}"
    else:
        lasting = f"env.{TRUSTED}={account}"
    keep = [tuple(found.split("/", 1)) for found in dict.fromkeys((*trusted, account))]
    return Finding.of(
        Code.ZTUNNEL_NOT_TRUSTED,
        f"istiod does not trust ztunnel: ztunnel runs as {account}, and {TRUSTED} of istiod {whom}; no pod in ambient "
        f"mode gets a certificate, and connections in the mesh fail (Helm sets it for good by {lasting} of the chart "
        "istiod)",
        Evidence(ztunnel.ref, "spec.serviceAccountName", ztunnel.service_account),
        *(found.trusted.evidence for found in asked),
        fix=offered(kubectl(*_set_env(istiod, field(TRUSTED, accounts(keep))))),
    )


def unseen_ztunnel(asked: list[ShownIstiod], ztunnel: Pod, labels: dict[str, str]) -> Finding:
    """None of them looks at its namespace."""
    home = ztunnel.namespace
    return Finding.of(
        Code.ZTUNNEL_NOT_DISCOVERED,
        f"istiod does not look at namespace {home}, where ztunnel runs and which its discoverySelectors leave out: it "
        "does not know who asks for certificates, and no pod in ambient mode gets one",
        *_why_unseen(asked, home, labels),
        fix=_let_in(home, labels, asked[0].discovery),
    )


def _why_unseen(by: list[ShownIstiod], home: str, labels: dict[str, str]) -> Iterator[Evidence]:
    """The selectors, and what the Namespace has of the labels that they are about."""
    for istiod in by:
        yield istiod.discovery.evidence
    selectors = [selector for istiod in by for selector in istiod.discovery.selectors]
    keys = dict.fromkeys(key for s in selectors for key in (*s.match_labels, *(r.key for r in s.match_expressions)))
    yield from (label_of(f"Namespace/{home}", key, labels.get(key)) for key in keys)


def _let_in(home: str, labels: dict[str, str], seen: Discovery) -> Command | None:
    """A label that a selector asks for; where that would do more (istio-injection) or less, the selectors."""
    for selector in seen.selectors:
        wanted = selector.match_labels
        plain = wanted and not selector.match_expressions
        if plain and not any(concerns_istio(key) or "kubernetes.io/" in key for key in wanted):
            taken = any(key in labels for key in wanted)
            change = [label(key, value) for key, value in wanted.items()]
            return offered(kubectl("label namespace", namespace(home), *change, *(("--overwrite",) if taken else ())))
    _, place, config = seen.evidence.object.split("/")
    return offered(kubectl("edit configmap", name(config), *inside(place)))


def _set_env(istiod: ShownIstiod, setting: str | Word) -> tuple[str | Word, ...]:
    return ("set env", named("deployment", istiod.istiod.name), *inside(istiod.istiod.namespace), setting)
