"""`enable -f … --local` and `disable -f … --local`: label manifests, printed or in their files, and ask no server."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Sequence
from typing import Any, Generic

from kubectl_ambient.change.plan import Edit, plan
from kubectl_ambient.change.targets import Target, key_of, printed
from kubectl_ambient.cluster.documents import Document, documents
from kubectl_ambient.cluster.editing.manifests import OF_PODS, Change, Edited, Holders, Labelled, edit, join
from kubectl_ambient.cluster.facts import DATAPLANE_MODE, Namespace, Pod, Template, Workload
from kubectl_ambient.cluster.objects import Object, objects
from kubectl_ambient.cluster.paths import sources
from kubectl_ambient.cluster.problem import Problem, Problems
from kubectl_ambient.render.say import say
from kubectl_ambient.render.terminal import text_width
from kubectl_ambient.runs.aim import aim_of
from kubectl_ambient.runs.change.choice import Choice
from kubectl_ambient.runs.change.local_notes import left_alone, sidecars
from kubectl_ambient.runs.change.manifest import Manifest, manifest_of
from kubectl_ambient.runs.change.output import objects_text
from kubectl_ambient.runs.change.remarks import refusals, tell
from kubectl_ambient.runs.change.request import ChangeRequest
from kubectl_ambient.runs.change.targets import E
from kubectl_ambient.runs.told import tell_harmless


def label_files(request: ChangeRequest) -> int:
    """Label the manifests; 1 where a file or an object in it could not be read or labelled."""
    return label_files_by(ModeLabelling(request), request)


def label_files_by(labelling: Labelling[E], request: ChangeRequest) -> int:
    """The same for any labels."""
    flags = request.flags
    found = list(_manifests(labelling, request))
    labelling.choose(found)
    texts: list[str] = []
    for manifest in found:
        before = len(labelling.edits)
        text = labelling.labelled(manifest.text, manifest.path)
        texts.append(text)
        if flags.in_place:
            _save(manifest, text, labelling, labelling.edits[before:], request)
    if flags.output == "name":
        for done in labelling.edits:
            if done.action != "refuse":
                say(printed(done.target))
    elif not flags.in_place:
        _print(found, texts, flags.output)
    return labelling.tell()


def _manifests(labelling: Labelling[E], request: ChangeRequest) -> Iterable[Manifest]:
    flags = request.flags
    for source in sources(flags.filenames, recursive=flags.recursive):
        found = source if isinstance(source, Problem) else manifest_of(source)
        if isinstance(found, Manifest):
            yield found
        elif found is not None:
            labelling.problems.add(found)


def _save(manifest: Manifest, text: str, labelling: Labelling[E], edits: Sequence[E], request: ChangeRequest) -> None:
    """Write a file where its text changed, and tell what was done in it."""
    if text == manifest.text:
        return
    dry = request.dry_run != "none"
    if not dry:
        try:
            manifest.save(text)
        except OSError as error:
            labelling.problems.add(Problem(file=manifest.path, why=f"cannot be written: {error.strerror or error}"))
            return
    if request.flags.output != "name":
        for done in edits:
            if done.changes:
                say(f"{manifest.path}: {printed(done.target)} {done.word}{' (dry run)' if dry else ''}")


class Labelling(Generic[E]):
    """Labels texts, and keeps what there is to tell of them."""

    nothing = "nothing to label: the files hold no Namespace, no Pod and nothing that makes pods"
    key = DATAPLANE_MODE
    holders: Holders = OF_PODS
    namespaces_first = False

    def __init__(self, request: ChangeRequest) -> None:
        self.namespace = request.connection.namespace or "default"
        self.aim = aim_of(request.connection)
        self.edits: list[E] = []
        self.problems = Problems()
        self.request = request
        self.choice = Choice(request)
        self.seen: list[Labelled] = []
        self.namespaces: dict[str, dict[str, str]] = {}
        self.placed: set[tuple[str, str, str]] = set()
        self._missing: list[str] = []

    def choose(self, found: Sequence[Manifest]) -> None:
        """Look at all files before one is labelled: which of the names they hold, and whether Namespaces."""
        for manifest in found:
            edit(
                manifest.text, self.key, self._look, namespace=self.namespace, holders=self.holders, chooses=self._meet
            )
        named = [(seen.kind, seen.name) for seen in self.seen]
        self._missing = self.choice.missing(named)
        # What was labelled by hand is taken off wherever it stands.
        adds = self.namespaces_first and self.request.flags.goal != "disable"
        self.choice.only_namespaces = adds and self.choice.is_open and any(kind == "Namespace" for kind, _ in named)

    def _meet(self, found: Object, namespace: str, name: str) -> bool:
        if found.kind == "Namespace":
            labels = found.fields["metadata"].get("labels")
            self.namespaces[name] = labels if isinstance(labels, dict) else {}
        elif found.fields["metadata"].get("namespace"):
            self.placed.add((found.kind, namespace, name))
        return self.choice.wants(found, namespace, name)

    def _look(self, found: Labelled) -> str | None:
        self.seen.append(found)
        return found.labels.get(self.key)

    def labelled(self, text: str, path: str) -> str:
        """The text with the labels; an object that refuses one stays as it is."""
        raise NotImplementedError

    def edit(self, text: str, key: str, decide: Change, path: str) -> Edited:
        """One label of a text, of all objects that were chosen. Whether a value may be replaced `decide` knows."""
        return edit(
            text,
            key,
            decide,
            file=path,
            namespace=self.namespace,
            overwrite=True,
            holders=self.holders,
            chooses=self.choice.wants,
            whole=self.request.flags.in_place,
        )

    def tell(self) -> int:
        """What was left as it was, and what was wrong; the exit code that follows from it."""
        tell(self.aim.say(e.why) for e in self.edits if e.action == "nothing" and e.why)
        refused = [e for e in self.edits if e.action == "refuse"]
        tell(refusals((printed(e.target), self.aim.say(e.why)) for e in refused))
        tell_harmless(problem for problem in self.problems if problem.harmless)
        wrong = [f"error: {problem}" for problem in self.problems if not problem.harmless]
        tell([*self._missing, *wrong])
        if not (self.edits or wrong or self._missing):
            tell([self.nothing if self.choice.is_open and not self.choice.place else self._nothing_chosen])
        return 1 if refused or wrong or self._missing else 0

    @property
    def _nothing_chosen(self) -> str:
        place = f" in namespace {self.choice.place}" if self.choice.place else ""
        return f"nothing to label: the files hold nothing of what was asked for{place}"


class ModeLabelling(Labelling[Edit]):
    """Sets or removes istio.io/dataplane-mode: on Namespaces, where the files hold any, since pods follow them."""

    namespaces_first = True

    def labelled(self, text: str, path: str) -> str:
        """The text with the label."""
        planned: list[Edit] = []

        def decide(found: Labelled) -> str | None:
            flags = self.request.flags
            planned.append(plan(_target(found), flags.goal, overwrite=flags.overwrite, manifest=True))
            return planned[-1].after

        edited = self.edit(text, DATAPLANE_MODE, decide, path)
        done = {(e.kind, "" if e.kind == "Namespace" else e.namespace, e.name) for e in edited.edits}
        self.edits += [e for e in planned if key_of(e.target) in done]
        for problem in edited.problems:
            self.problems.add(problem)
        return edited.text

    def tell(self) -> int:
        """Also who would get a sidecar, and which pod templates are left alone."""
        width = text_width(sys.stderr)
        tell(sidecars(self.edits, self.namespaces, self.aim, width))
        if self.choice.only_namespaces:
            # What names no namespace goes where it is applied: most likely to the one that lies beside it.
            placed = [seen for seen in self.seen if (seen.kind, seen.namespace, seen.name) in self.placed]
            tell(left_alone(self.edits, placed, width))
        return super().tell()


def _target(found: Labelled) -> Target:
    labels = dict(found.labels)
    if found.kind == "Namespace":
        return Namespace(name=found.name, labels=labels)
    if found.kind == "Pod":
        return Pod(namespace=found.namespace, name=found.name, labels=labels)
    template = Template(labels=labels)
    return Workload(kind=found.kind, namespace=found.namespace, name=found.name, template=template)


def _print(found: Sequence[Manifest], texts: list[str], output: str) -> None:
    """The texts as they are; as one JSON document, or as YAML where they are JSON, if that was asked for."""
    if output == "json":
        parts = list(_objects(texts))
        if parts:
            print(objects_text(parts, "json", keep_order=True))
        return
    if output == "yaml":
        texts = [_as_yaml(text) if text.lstrip()[:1] in ("{", "[") else text for text in texts]
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(newline="")  # else Windows makes \r\n of each \n
    sys.stdout.write(found[0].printed(texts[0]) if len(found) == 1 else join(texts))


def _as_yaml(text: str) -> str:
    from kubectl_ambient.render.documents import as_yaml

    return join(f"{as_yaml(fields)}\n" for fields in _objects([text]))


def _objects(texts: Iterable[str]) -> Iterable[dict[str, Any]]:
    for text in texts:
        for part in documents(text):
            if isinstance(part, Document):
                yield from (found.fields for found in objects(part.value) if isinstance(found, Object))
