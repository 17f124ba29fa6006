"""Files that are no manifests: what Helm, Kustomize or Jsonnet make manifests of, and what a ztunnel said."""

from __future__ import annotations

import re
from pathlib import Path, PurePath
from typing import Any

from kubectl_ambient.cluster.paths import STDIN, Source

OF_ZTUNNEL = re.compile(r"ztunnel-(.+)\.json")
"""The name of a file with what a node's ztunnel said."""
_BEGINNING = 1 << 10
_CERTIFICATES = re.compile(rb'\s*\{\s*"certificates"\s*:')
_MANIFEST = re.compile(rb"apiVersion|kind")

HEAD = 1 << 20
"""Bytes of a file that are looked at for a template; templates are small."""

_KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_OF_K9S = ("k9s-plugin.yaml", "k9s-plugins.yaml")
_HELM = "“helm template CHART | kubectl ambient … -f -” reads what becomes of it"
_KUSTOMIZE = "“kubectl kustomize FOLDER | kubectl ambient … -f -” reads what becomes of it"
_JSONNET = "“jsonnet FILE | kubectl ambient … -f -” reads what becomes of it"
# An action that begins a line, a list's item or a value; in quotes, or behind other text, YAML reads it as a text.
_ACTION = re.compile(r"[ \t]*(?:-[ \t]+)*(?:[\w./\"'-]+:[ \t]+)?\{\{")
_BLOCK = re.compile(r"([ \t]*).*(?:^|[:\s-])[|>][-+0-9]*[ \t]*(?:#.*)?$")


def by_name(path: str) -> str | None:
    """What a file is that its name tells apart from manifests; empty: part of a chart, told by its Chart.yaml.

    Empty also of a plugin of k9s, as the one beside the example. None of any other. Source: kubernetes-sigs/kustomize,
    api/konfig/general.go; helm, pkg/chart/loader.
    """
    file = PurePath(path)
    if file.name in _OF_K9S:
        return ""
    if file.name in _KUSTOMIZATIONS:
        return f"what Kustomize changes by it is not applied here: {_KUSTOMIZE}"
    if file.name == "Chart.yaml":
        return f"a Helm chart, whose templates are no manifests yet: {_HELM}"
    if file.suffix in (".yaml", ".yml", ".json") and (Path(path).parent / "Chart.yaml").is_file():
        return ""  # its values, their schema, its lock
    return None


def is_dump(source: Source) -> bool:
    """Whether a file is what a ztunnel answered to `/config_dump`: its keys are in order, and certificates come first.

    One of the name that such files get is taken for one as well, if it does not begin as a manifest. What can be read
    but once, as a pipe, is none. Raises OSError.
    """
    path = Path(source.path)
    if source.path == STDIN or not path.is_file():
        return False
    with path.open("rb") as file:
        head = file.read(_BEGINNING)
    if _CERTIFICATES.match(head):
        return True
    return OF_ZTUNNEL.fullmatch(path.name) is not None and not _MANIFEST.search(head)


def by_ending(path: str) -> str:
    """What a file is that can be read neither as YAML nor as JSON, as its name ends; empty where that says nothing."""
    file = PurePath(path)
    if file.suffix in (".jsonnet", ".libsonnet"):
        return f"Jsonnet, and no manifest yet: {_JSONNET}"
    if file.suffix in (".tpl", ".gotmpl", ".tmpl") or file.name == "NOTES.txt":
        return f"a template, and no manifest yet: {_HELM}"
    return ""


def template(text: str) -> str:
    """That a text is a template, with the line that shows it; empty of what is none.

    What stands in a block of text (as the messages of Prometheus' alerts, or Istio's own injection template) is not
    looked at: YAML takes it as it is.
    """
    block: int | None = None  # how far its holder is indented
    for number, line in enumerate(text.splitlines(), 1):
        if block is not None:
            if not line.strip() or len(line) - len(line.lstrip()) > block:
                continue
            block = None
        if line.lstrip().startswith("#"):
            continue
        if _ACTION.match(line):
            return _of_line(number)
        if found := _BLOCK.match(line):
            block = len(found[1])
    return ""


def template_object(fields: dict[str, Any]) -> str:
    """That an object's own names or labels are still to be filled in; empty where they are not.

    No name and no label may hold a brace; an annotation may, as those of Vault's agent do.
    """
    metadata = fields.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    labels = metadata.get("labels")
    texts = [fields.get("kind"), *(metadata.get(key) for key in ("name", "generateName", "namespace"))]
    texts += [*labels, *labels.values()] if isinstance(labels, dict) else []
    return _of_line(0) if any(isinstance(text, str) and "{{" in text for text in texts) else ""


def is_patch(value: Any) -> bool:
    """Whether a document is a JSON patch (RFC 6902), as Kustomize takes it."""
    return isinstance(value, list) and bool(value) and all(_is_step(step) for step in value)


PATCH = f"a JSON patch, and no manifest: {_KUSTOMIZE}"


def _is_step(step: Any) -> bool:
    return isinstance(step, dict) and isinstance(step.get("op"), str) and isinstance(step.get("path"), str)


def _of_line(number: int) -> str:
    where = f" in line {number}" if number else ""
    return f"a Helm template ({{{{ … }}}}{where}), and no manifest yet: {_HELM}"
