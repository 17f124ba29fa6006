"""`enable -f … --local` and `disable -f … --local`: print the manifests with the label, and ask no server."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any, Generic

from kubectl_ambient.change.plan import Edit, plan
from kubectl_ambient.change.targets import Target, key_of, printed
from kubectl_ambient.cluster.documents import Document, documents, is_empty
from kubectl_ambient.cluster.editing.manifests import Labelled, edit, join
from kubectl_ambient.cluster.facts import DATAPLANE_MODE, Namespace, Pod, Template, Workload
from kubectl_ambient.cluster.objects import Object, objects
from kubectl_ambient.cluster.paths import Source, sources
from kubectl_ambient.cluster.problem import Problem, Problems
from kubectl_ambient.cluster.taking import empty
from kubectl_ambient.render.say import say
from kubectl_ambient.runs.aim import aim_of
from kubectl_ambient.runs.change.output import objects_text
from kubectl_ambient.runs.change.remarks import refusals, tell
from kubectl_ambient.runs.change.request import ChangeRequest
from kubectl_ambient.runs.change.targets import E
from kubectl_ambient.runs.told import tell_large


def label_files(request: ChangeRequest) -> int:
    """Print the labelled manifests; 1 where a file or an object in it could not be read or labelled."""
    return label_files_by(ModeLabelling(request), request)


def label_files_by(labelling: Labelling[E], request: ChangeRequest) -> int:
    """The same for any labels."""
    flags = request.flags
    texts: list[str] = []
    for source in sources(flags.filenames, recursive=flags.recursive):
        text = source if isinstance(source, Problem) else source.text(tell_large)
        if isinstance(text, Problem):
            labelling.problems.add(text)
        elif isinstance(source, Source):
            texts.append(labelling.label(text, source.path))
    if flags.output == "name":
        for done in labelling.edits:
            if done.action != "refuse":
                say(printed(done.target))
    else:
        _print(texts, flags.output)
    return labelling.tell()


class Labelling(Generic[E]):
    """Labels texts, and keeps what there is to tell of them."""

    nothing = "nothing to label: the files hold no Namespace, no Pod and nothing that makes pods"

    def __init__(self, request: ChangeRequest) -> None:
        self.namespace = request.connection.namespace or "default"
        self.aim = aim_of(request.connection)
        self.edits: list[E] = []
        self.problems = Problems()

    def label(self, text: str, path: str) -> str:
        """The text with the label; an object that refuses it stays as it is."""
        if is_empty(text):
            self.problems.add(empty(path))
            return ""
        return self.labelled(text, path)

    def labelled(self, text: str, path: str) -> str:
        """The same for a text that is not empty."""
        raise NotImplementedError

    def tell(self) -> int:
        """What was left as it was, and what was wrong; the exit code that follows from it."""
        tell(self.aim.say(e.why) for e in self.edits if e.action == "nothing" and e.why)
        refused = [e for e in self.edits if e.action == "refuse"]
        tell(refusals((printed(e.target), self.aim.say(e.why)) for e in refused))
        tell(f"error: {problem}" for problem in self.problems)
        if not self.edits and not self.problems:
            tell([self.nothing])
        return 1 if refused or self.problems else 0


class ModeLabelling(Labelling[Edit]):
    """Sets or removes istio.io/dataplane-mode."""

    def __init__(self, request: ChangeRequest) -> None:
        super().__init__(request)
        self._flags = request.flags

    def labelled(self, text: str, path: str) -> str:
        """The text with the label."""
        planned: list[Edit] = []

        def decide(found: Labelled) -> str | None:
            flags = self._flags
            planned.append(plan(_target(found), flags.goal, overwrite=flags.overwrite, manifest=True))
            return planned[-1].after

        # Whether a value may be replaced was decided by the plan.
        edited = edit(text, DATAPLANE_MODE, decide, file=path, namespace=self.namespace, overwrite=True)
        done = {(e.kind, "" if e.kind == "Namespace" else e.namespace, e.name) for e in edited.edits}
        self.edits += [e for e in planned if key_of(e.target) in done]
        for problem in edited.problems:
            self.problems.add(problem)
        return edited.text


def _target(found: Labelled) -> Target:
    labels = dict(found.labels)
    if found.kind == "Namespace":
        return Namespace(name=found.name, labels=labels)
    if found.kind == "Pod":
        return Pod(namespace=found.namespace, name=found.name, labels=labels)
    template = Template(labels=labels)
    return Workload(kind=found.kind, namespace=found.namespace, name=found.name, template=template)


def _print(texts: list[str], output: str) -> None:
    """The texts as they are; as one JSON document, or as YAML where they are JSON, if that was asked for."""
    if output == "json":
        found = list(_objects(texts))
        if found:
            print(objects_text(found, "json", keep_order=True))
        return
    if output == "yaml":
        texts = [_as_yaml(text) if text.lstrip()[:1] in ("{", "[") else text for text in texts]
    sys.stdout.write(join(text for text in texts if text))


def _as_yaml(text: str) -> str:
    from kubectl_ambient.render.documents import as_yaml

    return join(f"{as_yaml(fields)}\n" for fields in _objects([text]))


def _objects(texts: Iterable[str]) -> Iterable[dict[str, Any]]:
    for text in texts:
        for part in documents(text):
            if isinstance(part, Document):
                yield from (found.fields for found in objects(part.value) if isinstance(found, Object))
