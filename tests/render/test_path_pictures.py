"""Pictures of paths: whatever a name holds, it stays a name in the format of the picture."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from kubectl_ambient.mesh.path.answer import Answer
from kubectl_ambient.mesh.path.parties import Party
from kubectl_ambient.mesh.path.way import Call, Hop, Leg, Network, Path
from kubectl_ambient.render.path.pictures import picture

HOSTILE = [
    "<script>alert(1)</script>",
    'x"]; click p0b0 "https://evil.example"',
    'a" -> b [label="',
    "back\\slash\\",
    "]]>&amp;<!--",
    "line\nend\x1b[31m\u202e",
    "end",
    "\ud800",
]


def answer(name: str) -> Answer:
    source, destination = (Party(ref=f"Pod/shop/{name}", role="plain", node=name) for _ in range(2))
    network = Network(8080, True, True)
    path = Path(
        source=source,
        destination=destination,
        call=Call(8080),
        identity=None,
        hops=(Hop("app", destination.ref, name, "plaintext", 0),),
        legs=(Leg(source.ref, destination.ref, "plaintext", network),),
        verdict="allowed",
        message=f"no policy at {name} denies it",
        decided_by=(),
    )
    return Answer(source=source.ref, destination=destination.ref, call=Call(8080), paths=(path,))


@pytest.mark.parametrize("name", HOSTILE)
def test_svg_is_xml_with_nothing_of_a_strangers_in_it(name: str) -> None:
    root = ElementTree.fromstring(picture([answer(name)], "svg"))
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert tags <= {"svg", "title", "style", "rect", "text", "path"}
    assert not any("href" in key or key.startswith("on") for element in root.iter() for key in element.attrib)


@pytest.mark.parametrize("name", HOSTILE)
def test_mermaid_has_our_lines_alone(name: str) -> None:
    plain, hostile = (picture([answer(each)], "mermaid").splitlines() for each in ("web", name))
    assert len(hostile) == len(plain)
    for ours, theirs in zip(plain, hostile, strict=True):
        assert re.sub(r'"[^"]*"', '""', theirs) == re.sub(r'"[^"]*"', '""', ours)


@pytest.mark.parametrize("name", HOSTILE)
def test_dot_has_our_lines_alone(name: str) -> None:
    text = r'"(?:[^"\\]|\\.)*"'
    plain, hostile = (picture([answer(each)], "dot").splitlines() for each in ("web", name))
    assert len(hostile) == len(plain)
    for ours, theirs in zip(plain, hostile, strict=True):
        assert re.sub(text, '""', theirs) == re.sub(text, '""', ours)
