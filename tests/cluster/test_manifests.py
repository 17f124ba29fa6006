from __future__ import annotations

import difflib
import io
import json
from collections.abc import Callable

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from kubectl_ambient.cluster.documents import Document, documents
from kubectl_ambient.cluster.editing.manifests import Edited, Labelled, edit, join
from kubectl_ambient.cluster.reading.files import read_files
from tests.cluster import manifests_of as m
from tests.cluster.test_same_facts import Quoting

KEY = "istio.io/dataplane-mode"
POD = "apiVersion: v1\nkind: Pod\nmetadata:\n"


def ambient(text: str, **options: bool) -> Edited:
    return edit(text, KEY, lambda found: "ambient", **options)  # type: ignore[arg-type]


def off(text: str) -> Edited:
    return edit(text, KEY, lambda found: None)


def changed(before: str, after: str) -> list[str]:
    """The lines that were taken out and put in."""
    lines = difflib.ndiff(before.splitlines(), after.splitlines())
    return [line[0] + line[2:] for line in lines if line[0] in "+-"]


def outcomes(edited: Edited) -> list[str]:
    return [e.outcome for e in edited.edits]


def problems(edited: Edited) -> list[str]:
    return [str(problem) for problem in edited.problems]


@pytest.mark.parametrize(
    ("before", "lines"),
    [
        # labels there
        ("  name: p\n  labels:\n    app: web # why\n", [f"+    {KEY}: ambient"]),
        ("  labels:\n    app: web\n  name: p\n", [f"+    {KEY}: ambient"]),
        ("  labels:\n        app: web\n  name: p\n", [f"+        {KEY}: ambient"]),
        ("  labels: {}\n  name: p\n", ["-  labels: {}", f"+  labels: {{{KEY}: ambient}}"]),
        ("  labels: {app: web}\n  name: p\n", ["-  labels: {app: web}", f"+  labels: {{app: web, {KEY}: ambient}}"]),
        (
            '  labels: {"app": "web"}\n  name: p\n',
            ['-  labels: {"app": "web"}', f'+  labels: {{"app": "web", "{KEY}": "ambient"}}'],
        ),
        ("  labels: {\n    app: web,\n  }\n  name: p\n", ["-    app: web,", f"+    app: web, {KEY}: ambient,"]),
        ("  labels:\n  name: p\n", [f"+    {KEY}: ambient"]),
        ("  labels: # none yet\n    # app: web\n  name: p\n", [f"+    {KEY}: ambient"]),
        ("  labels: null\n  name: p\n", ["-  labels: null", f"+  labels: {{{KEY}: ambient}}"]),
        ("  name: p\n  labels:\n    app:\n", [f"+    {KEY}: ambient"]),
        ("  name: p\n  labels:\n    app: |\n      web\n", [f"+    {KEY}: ambient"]),
        # the label there, with another value
        (f"  name: p\n  labels:\n    {KEY}: none # x\n", [f"-    {KEY}: none # x", f"+    {KEY}: ambient # x"]),
        (f'  name: p\n  labels:\n    {KEY}: "none"\n', [f'-    {KEY}: "none"', f'+    {KEY}: "ambient"']),
        (f"  name: p\n  labels:\n    '{KEY}': 'none'\n", [f"-    '{KEY}': 'none'", f"+    '{KEY}': 'ambient'"]),
        (f"  name: p\n  labels:\n    {KEY}: # x\n", [f"-    {KEY}: # x", f"+    {KEY}: ambient # x"]),
        (f"  name: p\n  labels: {{{KEY}: none}}\n", [f"-  labels: {{{KEY}: none}}", f"+  labels: {{{KEY}: ambient}}"]),
        # no labels
        ("  name: p\n", ["+  labels:", f"+    {KEY}: ambient"]),
        ("  name: p # why\n  namespace: ns\nspec: {}\n", ["+  labels:", f"+    {KEY}: ambient"]),
        ("    annotations: {}\n    name: p\n", ["+    labels:", f"+        {KEY}: ambient"]),
        ("  name: >-\n    p\n", ["+  labels:", f"+    {KEY}: ambient"]),
    ],
)
def test_a_label_is_set_by_the_line(before: str, lines: list[str]) -> None:
    edited = ambient(POD + before, overwrite=True)
    assert problems(edited) == []
    assert changed(POD + before, edited.text) == lines
    assert outcomes(edited) == ["labeled"]
    assert labels(edited.text)[KEY] == "ambient"


def labels(text: str) -> dict[str, str]:
    snapshot, found = read_files(["-"], stdin=io.BytesIO(text.encode()))
    assert found == []
    (pod,) = snapshot.pods
    return pod.labels


@pytest.mark.parametrize(
    ("before", "lines"),
    [
        (f"  labels:\n    {KEY}: ambient # x\n    app: web\n  name: p\n", [f"-    {KEY}: ambient # x"]),
        (f"  labels:\n    app: web\n    {KEY}: ambient\n  name: p\n", [f"-    {KEY}: ambient"]),
        (f"  name: p\n  labels:\n    {KEY}:\n    app: web", [f"-    {KEY}:"]),
        (f"  labels:\n    {KEY}: ambient\n  name: p\n", ["-  labels:", f"-    {KEY}: ambient", "+  labels: {}"]),
        (f"  labels: {{a: b, {KEY}: x}}\n  name: p\n", [f"-  labels: {{a: b, {KEY}: x}}", "+  labels: {a: b}"]),
        (f"  labels: {{{KEY}: x, a: b}}\n  name: p\n", [f"-  labels: {{{KEY}: x, a: b}}", "+  labels: {a: b}"]),
        (f"  labels: {{{KEY}: x}}\n  name: p\n", [f"-  labels: {{{KEY}: x}}", "+  labels: {}"]),
    ],
)
def test_a_label_is_taken_off_by_the_line(before: str, lines: list[str]) -> None:
    edited = off(POD + before)
    assert problems(edited) == []
    assert sorted(changed(POD + before, edited.text)) == sorted(lines)
    assert outcomes(edited) == ["unlabeled"]
    assert KEY not in labels(edited.text)


WHOLE = """\
# Everything of the shop.
# LONG
---
apiVersion: v1
kind: Namespace   # its pods follow
metadata:
    name: "shop"

---
# A workload in somebody's own style.
kind: Deployment
apiVersion: apps/v1
metadata: {name: web, namespace: shop}
spec:
    replicas: 010
    selector: &selector
        matchLabels: &labels {app: web}
    template:
        metadata:
            labels: *labels
        spec:
            containers:
              - name: 'web'
                args: [--very-long, "--line LONG"]
                command:
                - sh
                # odd indentation
                - -c
                - >
                  folded
                  text
            hostNetwork: no
---
apiVersion: batch/v1
kind: CronJob
metadata:
  name: nightly
spec:
  schedule: "0 3 * * *"
  jobTemplate:
    spec:
      template:
        spec: {restartPolicy: Never}
---
apiVersion: v1
kind: Service
metadata: {name: web, labels: {istio.io/dataplane-mode: none}}
...
""".replace("LONG", "x" * 200)


def test_comments_order_quotes_and_separators_survive() -> None:
    edited = ambient(WHOLE)
    assert problems(edited) == []
    assert changed(WHOLE, edited.text) == [
        "+    labels:",
        f"+        {KEY}: ambient",
        "-            labels: *labels",
        f"+            labels: {{<<: *labels, {KEY}: ambient}}",
        "+        metadata:",
        "+          labels:",
        f"+            {KEY}: ambient",
    ]
    assert [(e.kind, e.namespace, e.name) for e in edited.edits] == [
        ("Namespace", "", "shop"),
        ("Deployment", "shop", "web"),
        ("CronJob", "default", "nightly"),
    ]
    assert ambient(edited.text).text == edited.text
    assert outcomes(ambient(edited.text)) == ["unchanged"] * 3


@pytest.mark.parametrize(
    ("kind", "holder"),
    [
        ("Namespace", ()),
        ("Pod", ()),
        ("Deployment", ("spec", "template")),
        ("StatefulSet", ("spec", "template")),
        ("DaemonSet", ("spec", "template")),
        ("ReplicaSet", ("spec", "template")),
        ("Job", ("spec", "template")),
        ("ReplicationController", ("spec", "template")),
        ("CronJob", ("spec", "jobTemplate", "spec", "template")),
    ],
)
def test_where_the_label_goes(kind: str, holder: tuple[str, ...]) -> None:
    found = {"Namespace": m.namespace(), "Pod": m.pod()}.get(kind) or m.workload(kind)
    for text in (json.dumps(found), yaml.safe_dump(found)):
        value = documents(ambient(text).text)[0].value  # type: ignore[union-attr]
        expected = json.loads(json.dumps(found))
        place = expected
        for step in holder:
            place = place[step]
        place["metadata"].setdefault("labels", {})[KEY] = "ambient"
        assert value == expected


def test_lists_in_yaml() -> None:
    text = """\
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Pod
  metadata:
    name: a
- {apiVersion: v1, kind: Pod, metadata: {name: b}}
- kind: PodList
  apiVersion: v1
  items:
  - metadata:
      labels:
        app: c
      name: c
"""
    edited = ambient(text)
    assert problems(edited) == []
    assert sorted(changed(text, edited.text)) == sorted(
        [
            "+    labels:",
            f"+      {KEY}: ambient",
            "-- {apiVersion: v1, kind: Pod, metadata: {name: b}}",
            f"+- {{apiVersion: v1, kind: Pod, metadata: {{name: b, labels: {{{KEY}: ambient}}}}}}",
            f"+        {KEY}: ambient",
        ]
    )


def test_json_stays_json() -> None:
    whole = {"kind": "List", "apiVersion": "v1", "items": [m.pod("a"), m.namespace("n"), {**m.pod("b"), "kind": "X"}]}
    for indent in (None, 2, 4, "\t"):
        text = json.dumps(whole, indent=indent)
        edited = ambient(text)
        assert outcomes(edited) == ["labeled", "labeled"]
        value = json.loads(edited.text)
        assert value["items"][0]["metadata"]["labels"] == {KEY: "ambient"}
        assert edited.text == json.dumps(value, indent=indent), "the same layout"
        assert ambient(f"\n{text}\n\n").text == f"\n{edited.text}\n\n", "the same beginning, the same end"
        assert value["items"][2] == whole["items"][2]


def test_json_without_a_change_is_not_laid_out_anew() -> None:
    for text in ('{"kind":"Node", "apiVersion" :"v1"}\n', '{ "kind":"List","apiVersion":"v1",\n "items":[ ] }\n'):
        assert ambient(text).text == text


def test_compact_json_stays_compact() -> None:
    text = json.dumps(m.namespace("n"), separators=(",", ":"))
    assert ambient(text).text == text.replace('"labels":{}', f'"labels":{{"{KEY}":"ambient"}}')


def test_only_several_documents_are_numbered() -> None:
    assert problems(ambient('{"a": 1}')) == ["no Kubernetes object: kind is not set"]
    assert problems(ambient('{"a": 1}{"kind": "Node", "apiVersion": "v1"}'))[0].startswith("document 1: ")
    assert problems(ambient("a: 1\n")) == ["no Kubernetes object: kind is not set"]
    assert problems(ambient("a: 1\n---\nkind: Node\napiVersion: v1\n"))[0].startswith("document 1: ")


def test_several_json_values() -> None:
    text = json.dumps(m.pod("a")) + "\n" + json.dumps({"a": 1}) + json.dumps(m.pod("b", labels={KEY: "ambient"}))
    edited = ambient(text)
    assert outcomes(edited) == ["labeled", "unchanged"]
    assert problems(edited) == ["document 2: no Kubernetes object: kind is not set"]
    assert [d.value["metadata"]["name"] for d in documents(edited.text)] == ["a", "b"]  # type: ignore[union-attr, index, call-overload]


def test_what_happened_to_each() -> None:
    text = "\n---\n".join(
        f"{POD}  name: p{n}\n  labels: {{{extra}}}" for n, extra in enumerate(("", f"{KEY}: ambient", f"{KEY}: none"))
    )
    edited = ambient(text)
    assert [(e.name, e.before, e.after, e.outcome) for e in edited.edits] == [
        ("p0", None, "ambient", "labeled"),
        ("p1", "ambient", "ambient", "unchanged"),
        ("p2", "none", "ambient", "conflict"),
    ]
    assert f"{KEY}: none" in edited.text
    assert outcomes(ambient(text, overwrite=True)) == ["labeled", "unchanged", "labeled"]
    assert f"{KEY}: none" not in ambient(text, overwrite=True).text
    assert outcomes(off(text)) == ["unchanged", "unlabeled", "unlabeled"]


def test_the_decision_is_the_caller_s() -> None:
    seen: list[Labelled] = []

    def change(found: Labelled) -> str | None:
        seen.append(found)
        value = found.labels.get(KEY)
        return value if value == "none" else None

    text = f"{POD}  name: a\n  namespace: ns\n  labels: {{{KEY}: none, x: z}}\n"
    assert outcomes(edit(text, KEY, change)) == ["unchanged"]
    assert seen == [Labelled("Pod", "ns", "a", {KEY: "none", "x": "z"})]


@pytest.mark.parametrize(
    ("bad", "problem", "kept"),
    [
        ("a: [\n", "document 2: not YAML: did not find expected node content (line 7)", False),
        ("text\n", "document 2: a text, where a Kubernetes object is wanted", False),
        ("a: b\n", "document 2: no Kubernetes object: kind is not set", False),
        ("kind: Pod\napiVersion: v1\n", "document 2: Pod: metadata is not set", True),
        (
            f"{POD}  name: x\n  labels: [a]\n",
            "document 2: Pod/default/x: metadata.labels: expected an object, got a list",
            True,
        ),
        (
            f"{POD}  name: x\n  labels: {{{KEY}: yes}}\n",
            f"document 2: Pod/default/x: metadata.labels[{KEY}]: expected a string, "
            "got a boolean true (put it in quotes)",
            True,
        ),
        (
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec: {}\n",
            "document 2: Deployment/default/x: spec.template is not set",
            True,
        ),
        (
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec: {template: []}\n",
            "document 2: Deployment/default/x: spec.template: expected an object",
            True,
        ),
        (
            "x: &m {name: x}\napiVersion: v1\nkind: Pod\nmetadata: *m\n",
            "document 2: Pod/default/x: metadata is an alias (*m)",
            True,
        ),
        (
            f"{POD}  name: x\n  labels: &l {{app: x}}\n  annotations: *l\n",
            "document 2: Pod/default/x: its labels are laid out in a way that cannot be edited",
            True,
        ),
    ],
)
def test_bad_input_is_told_and_hides_nothing(bad: str, problem: str, kept: bool) -> None:
    good = f"{POD}  name: good\n"
    text = f"{good}---\n{bad}---\n{good.replace('good', 'later')}"
    edited = ambient(text)
    assert problems(edited) == [problem]
    assert [e.name for e in edited.edits] == ["good", "later"]
    assert (bad in edited.text) is kept
    assert not any(not isinstance(d, Document) for d in documents(edited.text)), "what is printed can be applied"


@pytest.mark.parametrize(
    ("pod", "problem"),
    [
        (f"  labels:\n    {KEY}: |\n      none\n", f"the value of {KEY} is not on one line"),
        (f"  labels:\n    {KEY}: >-\n      none\n    app: web\n", f"the value of {KEY} is not on one line"),
        (f"  annotations: &l {{{KEY}: none}}\n  labels: *l\n", "labels is an alias (*l)"),
        (f"  annotations: &l {{{KEY}: none}}\n  labels:\n    <<: *l\n", f"{KEY} is brought in from elsewhere (<<)"),
        (f"  <<: {{labels: {{{KEY}: none}}}}\n", "labels is brought in from elsewhere (<<)"),
    ],
)
def test_labels_that_cannot_be_taken_off(pod: str, problem: str) -> None:
    text = f"{POD}  name: p\n{pod}"
    edited = off(text)
    assert problems(edited) == [f"Pod/default/p: {problem}"]
    assert edited.edits == []
    assert edited.text == text


@pytest.mark.parametrize(
    ("pod", "lines"),
    [
        # An own label beside one that is brought in: the later one wins.
        (
            f"  annotations: &l {{{KEY}: none}}\n  labels:\n    <<: *l\n",
            [f"+    {KEY}: ambient"],
        ),
        (
            f"  annotations: &l {{{KEY}: none}}\n  labels: *l\n",
            ["-  labels: *l", f"+  labels: {{<<: *l, {KEY}: ambient}}"],
        ),
    ],
)
def test_labels_that_are_brought_in(pod: str, lines: list[str]) -> None:
    text = f"{POD}  name: p\n{pod}"
    edited = ambient(text, overwrite=True)
    assert problems(edited) == []
    assert changed(text, edited.text) == lines
    assert labels(edited.text) == {KEY: "ambient"}


def test_a_value_over_several_lines_is_not_replaced() -> None:
    edited = ambient(f"{POD}  name: p\n  labels:\n    {KEY}: |\n      none\n", overwrite=True)
    assert problems(edited) == [f"Pod/default/p: the value of {KEY} is not on one line"]


def test_an_odd_object_of_a_list_spoils_no_other() -> None:
    text = """\
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Pod, metadata: {name: a, labels: &l {x: z}}}
- {apiVersion: v1, kind: Pod, metadata: {name: b}}
- {apiVersion: v1, kind: Service, metadata: {name: s, labels: *l}}
"""
    edited = ambient(text)
    assert [e.name for e in edited.edits] == ["b"]
    assert problems(edited) == ["Pod/default/a: its labels are laid out in a way that cannot be edited"]
    assert changed(text, edited.text) == [
        "-- {apiVersion: v1, kind: Pod, metadata: {name: b}}",
        f"+- {{apiVersion: v1, kind: Pod, metadata: {{name: b, labels: {{{KEY}: ambient}}}}}}",
    ]


@pytest.mark.parametrize(
    ("items", "problem"),
    [
        ("x: &p {apiVersion: v1, kind: Pod, metadata: {name: p}}\nitems:\n- *p\n", "it is an alias (*p)"),
        (
            "<<: {items: [{apiVersion: v1, kind: Pod, metadata: {name: p}}]}\n",
            "items is brought in from elsewhere (<<)",
        ),
    ],
)
def test_items_that_stand_elsewhere(items: str, problem: str) -> None:
    edited = ambient(f"apiVersion: v1\nkind: List\n{items}")
    assert problems(edited) == [f"Pod/default/p: {problem}"]
    assert edited.edits == []


def test_the_first_of_the_documents_may_be_the_bad_one() -> None:
    edited = ambient(f"# head\na: b\n---\n{POD}  name: good\n")
    assert documents(edited.text)[0].value["metadata"]["name"] == "good"  # type: ignore[union-attr, index, call-overload]
    assert len(documents(edited.text)) == 1


def test_labels_stand_after_the_name() -> None:
    text = f"{POD}  annotations: {{}}\n  name: p # why\n  namespace: ns\n  uid: x\n"
    entry = f"  labels:\n    {KEY}: ambient\n"
    assert ambient(text).text == text.replace("  uid", f"{entry}  uid")
    text = text.replace("  namespace: ns\n", "")
    assert ambient(text).text == text.replace("  uid", f"{entry}  uid")


def test_a_label_stands_after_the_others() -> None:
    text = f"{POD}  labels:\n    app: web # why\n    # nothing more\n  name: p\n"
    assert ambient(text).text == text.replace("# why\n", f"# why\n    {KEY}: ambient\n")


def test_windows_line_ends() -> None:
    text = f"{POD}  name: p\n  labels:\n    app: web\n".replace("\n", "\r\n")
    edited = ambient(text)
    assert edited.text == text + f"    {KEY}: ambient\r\n"
    assert off(edited.text).text == text


def test_a_file_without_a_last_line_end() -> None:
    assert ambient(f"{POD}  name: p\n  labels:\n    app: web").text.endswith(f"    app: web\n    {KEY}: ambient")


def test_a_value_that_needs_quotes() -> None:
    edited = edit(f"{POD}  name: p\n  labels: {{}}\n", KEY, lambda found: "on")
    assert labels(edited.text) == {KEY: "on"}


def test_nothing_to_do_changes_nothing() -> None:
    for text in (
        WHOLE,
        json.dumps(m.node()),
        "",
        "---\n",
        "# only a comment\n",
        "kind: List\napiVersion: v1\nitems: []\n",
    ):
        edited = edit(text, KEY, lambda found: found.labels.get(KEY))
        assert edited.text.rstrip() == text.rstrip()
        assert edited.problems == []


def test_files_are_joined() -> None:
    assert join(["a: 1\n", "b: 2", "---\nc: 3\n", "# x\n---\nd: 4\n"]) == (
        "a: 1\n---\nb: 2\n---\nc: 3\n---\n# x\n---\nd: 4\n"
    )
    assert join([]) == ""


OBJECTS = st.lists(
    st.one_of(
        m.pods(),
        st.builds(m.namespace, m.NAMES, m.LABELS),
        st.builds(m.workload, st.sampled_from(["Deployment", "CronJob", "Job"]), m.NAMES, labels=m.LABELS),
        st.builds(m.configmap, m.NAMES),
    ),
    min_size=1,
    max_size=4,
)
STYLES: list[Callable[[list[m.Manifest]], str]] = [
    lambda found: json.dumps({"kind": "List", "apiVersion": "v1", "items": found}, indent=4),
    lambda found: yaml.dump_all(found, Dumper=Quoting),
    lambda found: yaml.dump_all(found, Dumper=Quoting, default_flow_style=True, width=40),
    lambda found: yaml.dump_all(found, Dumper=Quoting, indent=6, width=40, explicit_start=True),
    lambda found: yaml.dump({"kind": "List", "apiVersion": "v1", "items": found}, Dumper=Quoting, sort_keys=False),
]


@settings(deadline=None)
@given(OBJECTS, st.sampled_from(STYLES), st.sampled_from(["ambient", "none", None]))
def test_any_layout_reads_as_it_was_meant(
    found: list[m.Manifest], style: Callable[[list[m.Manifest]], str], value: str | None
) -> None:
    text = style(found)
    edited = edit(text, KEY, lambda _: value, overwrite=True)
    assert problems(edited) == []
    before, _ = read_files(["-"], stdin=io.BytesIO(text.encode()))
    after, _ = read_files(["-"], stdin=io.BytesIO(edited.text.encode()))
    for old, new in zip(before.pods, after.pods, strict=True):
        assert new.labels == _with(old.labels, value)
    for name, old_workload in before.workloads.facts.items():
        assert after.workloads.facts[name].template.labels == _with(old_workload.template.labels, value)
        assert after.workloads.facts[name].labels == old_workload.labels
    again = edit(edited.text, KEY, lambda _: value)
    assert set(outcomes(again)) <= {"unchanged"}
    assert again.text == edited.text


def _with(found: dict[str, str], value: str | None) -> dict[str, str]:
    rest = {key: text for key, text in found.items() if key != KEY}
    return rest if value is None else {**rest, KEY: value}
