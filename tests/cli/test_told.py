"""What is told on stderr beside the data."""

from __future__ import annotations

import io
from typing import Any

import pytest

from kubectl_ambient.kube.options import ConnectionOptions
from kubectl_ambient.runs.origin import Origin
from kubectl_ambient.runs.told import tell_assumptions
from tests.cluster.fake_client import FakeClient

from .enable_fixtures import Run

TEXT = "sidecars are taken to be injected by Istio's default webhooks: cannot list webhooks: forbidden"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stderr", "told"),
    [
        (
            Terminal(),
            "assumed: sidecars are taken to be injected by Istio's\n"
            "         default webhooks: cannot list webhooks: forbidden\n",
        ),
        (io.StringIO(), f"assumed: {TEXT}\n"),
    ],
)
def test_an_assumption_fits_the_terminal(stderr: io.StringIO, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr("sys.stderr", stderr)
    tell_assumptions([TEXT], Origin(connection=ConnectionOptions()))
    assert stderr.getvalue() == told


MANY = [f"{what} is taken to be there: cannot list {what}: forbidden" for what in ("a", "b", "c")]


def told_of(capsys: pytest.CaptureFixture[str], found: list[str], **origin: Any) -> list[str]:
    tell_assumptions(found, Origin(connection=ConnectionOptions(), **origin))
    return capsys.readouterr().err.splitlines()


def test_many_assumptions_are_one_line_with_the_role_and_the_flag(capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = told_of(capsys, MANY)
    assert line.startswith(f"assumed: 3 things could not be read or were taken for granted, first of all: {MANY[0]}.")
    assert "/docs/rbac.yaml" in line
    assert line.endswith(" --assumptions.")


def test_few_assumptions_or_all_that_were_asked_for_are_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert told_of(capsys, MANY[:2]) == [f"assumed: {text}" for text in MANY[:2]]
    assert told_of(capsys, MANY, assumptions=True) == [f"assumed: {text}" for text in MANY]


def test_a_role_is_no_advice_for_files_nor_where_nothing_was_refused(capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = told_of(capsys, MANY, filenames=("shop.yaml",))
    assert line.startswith("assumed: 3 things are not in the files or were taken for granted")
    assert "role" not in line
    (line,) = told_of(capsys, [text.replace("forbidden", "timeout") for text in MANY])
    assert "role" not in line


class Server(FakeClient):
    def version(self) -> Any:
        from kubectl_ambient.kube.api import ServerVersion

        return ServerVersion(major="1", minor="36", git_version="v1.36.1")


def test_version_tells_once_what_is_refused(ambient: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Server(refused={"list pods", "list deployments"})
    monkeypatch.setattr("kubectl_ambient.kube.api.connect", lambda *_, **__: client)
    told = ambient("version")
    assert told.out.splitlines()[-3:] == ["istio-cni: unknown", "ztunnel: unknown", "istiod: unknown"]
    lines = told.err.splitlines()
    assert len(lines) == len(set(lines)) == 2
