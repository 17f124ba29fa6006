"""What is told at the cursor, asked as kubectl asks."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import ANY

import pytest

from kubectl_ambient.cli.completion import names as completion_names
from kubectl_ambient.cli.completion.definitions import Definition, root
from kubectl_ambient.cli.completion.hints import ARGUMENTS
from kubectl_ambient.mesh.summary import FAIL_ON
from tests.kube.standin import Reply, Seen, StandIn
from tests.rig.processes import wait_for

from .completion_fixtures import PROGRAM, completion, kubeconfig, offered, tables

NO_SPACE, NO_FILES = 2, 4

OBJECTS = {
    "/api/v1/namespaces": ["default", "shop", "batch"],
    "/api/v1/namespaces/default/pods": ["solo"],
    "/api/v1/namespaces/shop/pods": ["web-1", "web-2", "cart-1"],
    "/apis/apps/v1/namespaces/shop/deployments": ["web", "cart"],
    "/apis/apps/v1/namespaces/shop/statefulsets": ["db"],
}


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """A cluster with a few objects, named by $KUBECONFIG."""
    standin = StandIn()
    standin.answers(tables(OBJECTS))
    monkeypatch.setenv("KUBECONFIG", kubeconfig(tmp_path / "config", standin.url))
    # The machine may have much else to do.
    monkeypatch.setattr(completion_names, "_REQUEST_TIMEOUT", "60s")
    monkeypatch.setattr(completion_names, "_PATIENCE", 60.0)
    yield standin
    standin.stop()


def every_command(definition: Definition | None = None, path: str = "") -> Iterator[tuple[str, Definition]]:
    """The commands that run something, by what is typed to call them."""
    definition = definition or root()
    for name, _ in definition.commands():
        command = definition.command(name)
        assert command is not None
        if command.is_group:
            yield from every_command(command, f"{path}{name} ")
        else:
            yield f"{path}{name}", command


COMMANDS = dict(every_command())


# Commands and flags


def test_the_commands_with_what_they_do() -> None:
    told = offered("")
    assert told.directive == NO_FILES
    assert set(told.words) == {path.split()[0] for path in COMMANDS}
    assert told.candidates["status"].startswith("Tell for every pod")


@pytest.mark.parametrize("words", [("st",), ("--", "st"), ("--version", "st")], ids=" ".join)
def test_only_what_goes_on_from_what_is_typed(words: tuple[str, ...]) -> None:
    assert offered(*words).words == ["status"]


def test_no_word_at_all_is_an_empty_one() -> None:
    assert completion() == completion("")


@pytest.mark.parametrize("path", COMMANDS)
def test_every_flag_of_every_command(path: str) -> None:
    told = offered(*path.split(), "-")
    flags = COMMANDS[path].flags
    assert set(told.words) == set(flags)
    assert told.candidates == {name: flag.help for name, flag in flags.items()}


def test_kubectls_connection_flags_are_offered_where_help_leaves_them_out() -> None:
    assert offered("status", "--cl").words == ["--cluster", "--client-certificate", "--client-key"]


def test_a_flag_is_offered_once_unless_it_may_be_repeated() -> None:
    told = offered("status", "-A", "--output", "json", "--fail-on=drift", "--").words
    assert not {"--all-namespaces", "--output"} & set(told)
    assert "--fail-on" in told


def test_a_flag_that_was_denied_is_offered_still() -> None:
    assert offered("status", "--all-namespaces=false", "--all").words == ["--all-namespaces"]


@pytest.mark.parametrize("words", [("status", "--help", ""), ("status", "-h", "-"), ("nope", ""), ("nope", "-")])
def test_nothing_more_to_say(words: tuple[str, ...]) -> None:
    assert offered(*words) == ({}, NO_FILES)


# Values that are words


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (("--output", ""), ["wide", "json", "yaml", "name"]),
        (("-o", "j"), ["json"]),
        (("--output=",), ["wide", "json", "yaml", "name"]),
        (("--output=j",), ["json"]),
        (("-oj",), ["-ojson"]),
        (("-Aoj",), ["-Aojson"]),
        (("-Ao", "j"), ["json"]),
        (("-o",), ["-o"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_output_formats_however_the_flag_is_typed(typed: tuple[str, ...], expected: list[str]) -> None:
    assert offered("status", *typed) == (dict.fromkeys(expected, ANY), NO_FILES)


def test_the_output_formats_of_each_command_are_its_own() -> None:
    assert offered("version", "-o", "").words == ["json", "yaml"]
    assert offered("enable", "-o", "").words == ["json", "yaml", "name"]


def test_dry_run() -> None:
    assert offered("enable", "--dry-run", "").words == ["none", "client", "server"]


def test_conditions_joined_by_commas() -> None:
    assert offered("status", "--fail-on", "").words == list(FAIL_ON)
    assert offered("status", "--fail-on", "drift,p").words == ["drift,pending"]
    assert "drift,drift" not in offered("status", "--fail-on", "drift,").words


@pytest.mark.parametrize("flag", ["--token", "--as", "--request-timeout", "--chunk-size"])
def test_free_text_is_left_to_the_person(flag: str) -> None:
    assert offered("status", flag, "") == ({}, NO_FILES)


@pytest.mark.parametrize("flag", ["-f", "--filename", "--kubeconfig", "--client-key", "--certificate-authority"])
@pytest.mark.parametrize("form", ["{} ", "{}="])
def test_files_are_left_to_the_shell(flag: str, form: str) -> None:
    if flag == "-f" and form == "{}=":
        form = "{}"
        assert offered("status", "-fex") == ({}, 0)
        return
    assert offered("status", *form.format(flag).split(" ")) == ({}, 0)


# Names


def test_namespaces(server: StandIn) -> None:
    assert offered("status", "-n", "") == ({"default": "", "shop": "", "batch": ""}, NO_FILES)
    assert offered("status", "--namespace=s").words == ["shop"]
    assert offered("enable", "ns", "shop", "").words == ["default", "batch"]
    assert offered("enable", "namespace/s").words == ["namespace/shop"]


def test_pods_of_the_namespace_that_is_meant(server: StandIn, tmp_path: Path) -> None:
    assert offered("status", "").words == ["solo"]
    assert offered("status", "-n", "shop", "web").words == ["web-1", "web-2"]
    assert offered("status", "-nshop", "web-1", "").words == ["web-2", "cart-1"]
    in_shop = kubeconfig(tmp_path / "shop", server.url, namespace="shop")
    assert offered("status", "c", "--kubeconfig", in_shop, "") == offered("status", "-n", "shop", "")
    assert offered("explain", "pod", "-n", "shop", "cart").words == ["cart-1"]


def test_the_name_of_a_namespace_may_be_that_of_a_pod(server: StandIn) -> None:
    assert "shop" in offered("status", "shop", "-n", "").words


def test_workloads_of_the_kind_that_is_typed(server: StandIn) -> None:
    assert offered("enable", "-n", "shop", "deploy", "").words == ["web", "cart"]
    assert offered("disable", "-n", "shop", "deployment.apps", "web", "").words == ["cart"]
    assert offered("explain", "-n", "shop", "sts/").words == ["sts/db"]
    assert offered("explain", "-n", "shop", "deploy,sts", "").words == ["web", "cart", "db"]


def test_types(server: StandIn) -> None:
    told = offered("enable", "")
    assert told.candidates["deploy"] == "Deployment"
    assert {"ns", "pod", "deploy", "sts", "ds"} <= set(told.words)
    assert offered("enable", "deployme").words == ["deployment"]
    assert offered("enable", "deployments").words == ["deployments"]
    assert offered("enable", "ns,d").words == ["ns,deploy", "ns,ds"]
    assert offered("enable", "svc", "").words == []


def test_a_type_before_a_slash_keeps_the_cursor_there(server: StandIn) -> None:
    assert offered("enable", "ns/shop", "po") == ({"pod/": "Pod"}, NO_FILES | NO_SPACE)
    assert offered("enable", "-n", "shop", "ns/shop", "pod/web-1", "pod/w").words == ["pod/web-2"]


def test_explain_takes_a_bare_pod_as_well_as_a_type(server: StandIn) -> None:
    assert offered("explain", "s").words == ["sts", "solo"]
    assert offered("explain", "solo", "").words == []


def test_flags_before_the_command(server: StandIn) -> None:
    assert offered("-n", "shop", "stat").words == ["status"]
    assert offered("-n", "shop", "status", "web").words == ["web-1", "web-2"]
    assert offered("-n", "s").words == ["shop"]
    assert offered("--as", "me", "waypoint", "li").words == ["list"]


def test_a_value_behind_an_equals_sign(server: StandIn) -> None:
    assert offered("status", "-o=js").words == ["-o=json"]
    assert offered("status", "-n=s").words == ["-n=shop"]
    assert offered("status", "-n=shop", "web").words == ["web-1", "web-2"]
    assert offered("status", "-Ao=js").words == ["-Ao=json"]


def test_keys_of_the_label_reference(server: StandIn) -> None:
    assert {"ns", "pod", "istio.io/rev"} <= set(offered("labels", "").words)
    assert offered("labels", "istio.io/use-waypoint-n").words == ["istio.io/use-waypoint-namespace"]
    told = offered("labels", "istio.io/rev", "istio")
    assert "istio.io/dataplane-mode" in told.words
    assert "istio.io/rev" not in told.words
    assert "ns" not in offered("labels", "istio.io/rev", "").words
    assert offered("labels", "ns", "s").words == ["shop"]
    assert offered("labels", "ns", "istio").words == []


@pytest.mark.parametrize("flags", ["-A", "-f examples", "-l app=web", "--field-selector=spec.nodeName=n1"])
def test_no_names_where_none_may_be_given(server: StandIn, flags: str) -> None:
    assert offered("status", *flags.split(), "").words == []
    assert server.seen == []


def test_the_connection_flags_on_the_line_are_used(server: StandIn, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    kubeconfig(tmp_path / "home" / "other", server.url)
    typed = ("status", "--as", "jane", "--as-group=a", "--as-group", "b", "--kubeconfig", "~/other", "-n", "")
    env = {"KUBECONFIG": "/nowhere", "HOME": str(tmp_path / "home")}
    # In a process of its own, which gives up soon.
    assert "shop" in wait_for("namespaces", lambda: completion(*typed, env=env).words)
    headers = server.seen[0].headers
    assert headers["Impersonate-User"] == "jane"
    assert headers.get_all("Impersonate-Group") == ["a", "b"]


def test_a_list_is_one_request_for_names_alone(server: StandIn) -> None:
    offered("status", "-n", "")
    assert [(seen.path, seen.query) for seen in server.seen] == [
        ("/api/v1/namespaces", {"limit": "1000", "includeObject": "None"})
    ]
    assert "as=Table" in server.seen[0].headers["Accept"]


def labelled(*labels: dict[str, str]) -> Callable[[Seen], Reply]:
    items = [{"metadata": {"name": f"o{number}", "labels": held}} for number, held in enumerate(labels)]
    return lambda seen: Reply({"kind": "PartialObjectMetadataList", "metadata": {}, "items": items})


@pytest.mark.parametrize(
    ("typed", "path"),
    [
        ("status -n shop -l", "/api/v1/namespaces/shop/pods"),
        ("status -A --selector", "/api/v1/pods"),
        ("status --namespace-selector", "/api/v1/namespaces"),
        ("explain deploy -n shop -l", "/apis/apps/v1/namespaces/shop/deployments"),
        ("waypoint status -n shop -l", "/api/v1/namespaces/shop/services"),
        ("enable ns -l", "/api/v1/namespaces"),
    ],
)
def test_the_labels_of_what_a_selector_chooses_among(server: StandIn, typed: str, path: str) -> None:
    server.answers(labelled({"app": "web", "team": "a"}, {"app": "db"}, {}))
    assert offered(*typed.split(), "") == ({"app=": "", "team=": ""}, NO_FILES | NO_SPACE)
    assert offered(*typed.split(), "app=") == ({"app=db": "", "app=web": ""}, NO_FILES)
    assert offered(*typed.split(), "team=a,app=w").words == ["team=a,app=web"]
    assert {seen.path for seen in server.seen} == {path}


def test_no_labels_without_a_server_or_of_files() -> None:
    assert offered("status", "-l", "") == ({}, NO_FILES)
    assert offered("status", "-f", "x.yaml", "-l", "") == ({}, NO_FILES)


def test_contexts_clusters_and_users_ask_no_server(tmp_path: Path) -> None:
    path = kubeconfig(tmp_path / "config", "https://127.0.0.1:1")
    assert offered("status", "--kubeconfig", path, "--context", "") == ({"here": ""}, NO_FILES)
    assert offered("status", "--kubeconfig", path, "--cluster=").words == ["near"]
    assert offered("status", "--kubeconfig", path, "--user", "m").words == ["me"]


def test_names_cannot_drive_the_terminal(server: StandIn) -> None:
    server.answers(tables({"/api/v1/namespaces": ["good", "bad\x1b[2J", "two\nlines", "tab\tbed"]}))
    assert offered("status", "-n", "").words == ["good"]


# Failures


def test_every_argument_has_its_hint() -> None:
    """A new command with arguments gets a line in `completion_hints.ARGUMENTS`."""
    with_arguments = {path for path, command in COMMANDS.items() if command.arguments != 0}
    assert with_arguments <= ARGUMENTS.keys()


@pytest.mark.parametrize(
    "reply",
    [
        Reply({"kind": "Status", "code": 403, "reason": "Forbidden", "message": "no"}, status=403),
        Reply(b"<html>", content_type="text/html"),
        Reply({"kind": "Table", "columnDefinitions": [], "rows": [{"cells": []}]}),
        Reply({"kind": "Table", "rows": "none"}),
        Reply({"kind": "Table", "rows": []}, fault="cut"),
        Reply(fault="reset"),
        Reply({}, status=503, headers={"Retry-After": "20"}),
    ],
    ids=["forbidden", "html", "no cells", "no rows", "cut", "reset", "unavailable"],
)
def test_a_server_that_fails_gives_no_names_and_no_words(server: StandIn, reply: Reply) -> None:
    server.answers(reply)

    def asked() -> bool:
        assert completion("status", "-n", "") == ({}, NO_FILES)
        return bool(server.seen)

    wait_for("the request", asked)


@pytest.mark.parametrize("text", ["", "{", "clusters: 1", "\x00", "[]"], ids=repr)
def test_a_broken_kubeconfig_gives_no_names_and_no_words(tmp_path: Path, text: str) -> None:
    (tmp_path / "broken").write_text(text)
    for flag in ("--context", "-n"):
        assert completion("status", flag, "", env={"KUBECONFIG": str(tmp_path / "broken")}) == ({}, NO_FILES)


def test_no_kubeconfig(tmp_path: Path) -> None:
    assert completion("status", "--kubeconfig", str(tmp_path / "none"), "-n", "") == ({}, NO_FILES)
    assert completion("status", "--context", "", env={"KUBECONFIG": str(tmp_path / "none")}) == ({}, NO_FILES)


def test_a_server_that_does_not_answer_is_not_waited_for(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        path = kubeconfig(tmp_path / "config", f"http://127.0.0.1:{silent.getsockname()[1]}")
        assert completion("status", "--kubeconfig", path, "-n", "") == ({}, NO_FILES)


def test_a_credential_plugin_neither_asks_nor_tells_nor_holds_up(tmp_path: Path) -> None:
    plugin = tmp_path / "plugin"
    plugin.write_text(f"#!/bin/sh\necho 'log in please' >&2\nread password\necho $$ >{tmp_path}/pid\nexec sleep 30\n")
    plugin.chmod(0o755)
    login = {"apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "IfAvailable", "command": str(plugin)}
    path = kubeconfig(tmp_path / "config", "https://127.0.0.1:1", user={"exec": login})
    terminal, follower = os.openpty()
    try:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, "status", "--kubeconfig", path, "-n", ""],
            stdin=follower,
            stdout=subprocess.PIPE,
            stderr=follower,
            timeout=60,
            check=True,
        )
        told, _, _ = select.select([terminal], [], [], 0)
    finally:
        os.close(follower)
        os.close(terminal)
    os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)
    assert (done.stdout, told) == (b":4\n", [])


def test_the_program_itself_answers_the_same_under_a_hidden_name(server: StandIn) -> None:
    words = ["status", "-n", "s"]
    done = subprocess.run(
        [sys.executable, "-m", "kubectl_ambient", "__complete", *words], capture_output=True, text=True, check=True
    )
    assert done.stdout == "shop\n:4\n"
    assert "__complete" not in offered("").words
