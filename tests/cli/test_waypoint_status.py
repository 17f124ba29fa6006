"""`waypoint status` as it is typed: on files, on a server, with few rights, and mistyped."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conformance import cases
from tests.kube.standin import Reply, status
from tests.mesh.meshes import MESHES, objects

from .enable_fixtures import Result, Run
from .objects_api import ObjectsApi

FILE = str(Path(__file__).resolve().parents[1] / "golden" / "snapshots" / "waypoints.yaml")
NOT_SERVED_LIKE = "NotServed"
ISTIODS_WORDS = ("WaypointAccepted", "WaypointIsNotReady", "AttachmentDenied", "UnsupportedTrafficType")
SHOP = "/api/v1/namespaces/shop"
GATEWAYS = "/apis/gateway.networking.k8s.io/v1/namespaces/shop/gateways"
ISTIO = "/apis/networking.istio.io/v1/namespaces/shop"


def items(result: Result) -> dict[str, dict[str, Any]]:
    """The items of a document by `Kind/namespace/name`."""
    document = json.loads(result.out)
    assert document["kind"] == "WaypointStatusList"
    return {f"{i['kind']}/{i['namespace']}/{i['name']}": i for i in document["items"]}


def as_istiod_tells(item: dict[str, Any]) -> dict[str, Any]:
    """An item in the words of the cases."""
    reason = item["reason"]
    found = {"known": reason != NOT_SERVED_LIKE, "waypoint": item["waypoint"]}
    if item["traffic"] == "service":
        word = reason if reason in ISTIODS_WORDS else None
        found |= {"bound": None if word is None else str(word == ISTIODS_WORDS[0]), "reason": word}
    return found


def written(number: int, path: Path) -> str:
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": objects(cases("meshes")[number])}))
    return str(path)


@pytest.mark.parametrize("number", range(len(MESHES)), ids=MESHES)
def test_the_command_agrees_with_istiod(ambient: Run, tmp_path: Path, number: int) -> None:
    result = ambient("waypoint", "status", "-A", "-f", written(number, tmp_path / "mesh.json"), "-o", "json")
    assert (result.code, result.err) == (0, "")
    expected = cases("meshes")[number]["expect"]["waypoints"]
    found = items(result)
    assert {ref: as_istiod_tells(found[ref]) for ref in expected} == expected


def test_a_process_of_its_own_agrees_with_istiod(tmp_path: Path) -> None:
    words = ["waypoint", "status", "-A", "-f", written(7, tmp_path / "mesh.json"), "-o", "json"]
    done = subprocess.run([sys.executable, "-m", "kubectl_ambient", *words], capture_output=True, text=True, check=True)
    expected = cases("meshes")[7]["expect"]["waypoints"]
    found = items(Result(0, done.stdout, ""))
    assert {ref: as_istiod_tells(found[ref]) for ref in expected} == expected


# What is asked about


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("svc/cart pod/web-1", ["service/cart", "pod/web-1"]),
        ("services cart wp", ["service/cart", "service/wp"]),
        ("we,se", ["serviceentry.networking.istio.io/bank", "workloadentry.networking.istio.io/vm"]),
        ("se", ["serviceentry.networking.istio.io/bank"]),
        ("cart bank", ["service/cart", "serviceentry.networking.istio.io/bank"]),
        ("wp", ["service/wp"]),
        ("serviceentries.networking.istio.io/bank", ["serviceentry.networking.istio.io/bank"]),
    ],
)
def test_names_as_kubectl_takes_them(ambient: Run, words: str, expected: list[str]) -> None:
    result = ambient("waypoint", "status", *words.split(), "-n", "shop", "-f", FILE, "-o", "name")
    assert (result.code, result.out.split()) == (0, expected)


def test_a_label_selector(ambient: Run) -> None:
    result = ambient("waypoint", "status", "-A", "-l", "istio.io/use-waypoint=none", "-f", FILE, "-o", "name")
    assert result.out.split() == ["service/plain"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("deploy web", "a waypoint serves services, serviceentries, pods and workloadentries, not"),
        ("deploy/web", "a waypoint serves services, serviceentries, pods and workloadentries, not"),
        ("svc/cart -l a=b", "error: name cannot be provided when a selector is specified"),
        ("cart -A", "error: a resource cannot be retrieved by name across all namespaces"),
        ("-o table", "unable to match a printer suitable for the output format"),
        ("--fail-on pending", 'error: invalid --fail-on "pending": one of drift, unknown, error, any'),
        ("-l a=b=c", "error: "),
        ("svc/a/b", "error: arguments in resource/name form may not have more than one slash"),
    ],
)
def test_mistyped(ambient: Run, words: str, told: str) -> None:
    result = ambient("waypoint", "status", *words.split(), "-f", FILE)
    assert (result.code, result.out) == (2, "")
    assert told in result.err


def test_the_group_lists_its_commands(ambient: Run) -> None:
    result = ambient("waypoint", "--help")
    assert result.code == 0
    assert "status" in result.out
    assert ambient("waypoint", "bogus").code == 2


def test_names_that_are_not_in_the_files(ambient: Run) -> None:
    result = ambient("waypoint", "status", "svc/nope", "-n", "shop", "-f", FILE)
    assert (result.code, result.out) == (1, "")
    assert result.err == 'Error (NotFound): services "nope" not found\n'


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("svc/cart --fail-on any", 0),
        ("svc/cart --fail-on drift", 0),
        ("svc/web --fail-on drift", 3),
        ("svc/till --fail-on drift", 0),
        ("svc/till --fail-on any", 3),
        ("svc/web --fail-on unknown", 0),
        ("svc/web --fail-on unknown,drift", 3),
    ],
)
def test_fail_on(ambient: Run, words: str, code: int) -> None:
    assert ambient("waypoint", "status", *words.split(), "-n", "shop", "-f", FILE).code == code


def test_fail_on_what_cannot_be_told(ambient: Run, tmp_path: Path) -> None:
    path = tmp_path / "service.yaml"
    path.write_text("{apiVersion: v1, kind: Service, metadata: {name: a, namespace: shop}}")
    result = ambient("waypoint", "status", "-f", str(path), "--fail-on", "unknown")
    assert result.code == 3
    assert "cannot get namespace shop: not in the files" in " ".join(result.out.split())


# On a server


@pytest.fixture
def shop(api: ObjectsApi) -> ObjectsApi:
    """A namespace with a waypoint, a Service and a pod."""
    api.add("/api/v1/namespaces/shop", {"istio.io/use-waypoint": "wp"})
    api.add(f"{SHOP}/services/cart", spec={"clusterIP": "10.0.0.1"})
    api.add(f"{SHOP}/pods/web-1", status={"phase": "Running", "podIP": "10.0.0.2"})
    listeners = [{"name": "mesh", "port": 15008, "protocol": "HBONE"}]
    addresses = [{"type": "IPAddress", "value": "10.0.0.9"}]
    conditions = [{"type": "Programmed", "status": "True"}]
    spec = {"gatewayClassName": "istio-waypoint", "listeners": listeners}
    api.add(f"{GATEWAYS}/wp", spec=spec, status={"addresses": addresses, "conditions": conditions})
    return api


def test_a_namespace_of_a_server(on_api: Run, shop: ObjectsApi) -> None:
    found = items(on_api("waypoint", "status", "-o", "json"))
    assert {ref: (i["waypoint"], i["reason"], i["inheritedFrom"]) for ref, i in found.items()} == {
        "Service/shop/cart": ("shop/wp", "WaypointAccepted", "Namespace/shop"),
        "Pod/shop/web-1": (None, "NotForWorkloads", "Namespace/shop"),
    }


def refusing(*parts: str) -> Any:
    """Answers 403 where the path ends so."""
    return lambda path: status(403, "Forbidden", f"{path} is forbidden") if path.endswith(parts) else None


def test_with_few_rights_the_rest_is_told(on_api: Run, shop: ObjectsApi) -> None:
    shop.before_get = refusing("/serviceentries", "/workloadentries", "/gatewayclasses", "/deployments")
    result = on_api("waypoint", "status")
    assert result.code == 0
    assert "shop/wp" in result.out
    assert result.err.splitlines() == [
        "cannot list serviceentries.networking.istio.io: forbidden",
        "cannot list workloadentries.networking.istio.io: forbidden",
        "assumed: the version of istiod is not known (cannot list deployments of istiod: forbidden): every version "
        "from 1.22 to 1.31 was asked",
        "assumed: GatewayClass istio-waypoint is taken to be as istiod makes it, for services: cannot list "
        "gatewayclasses.gateway.networking.k8s.io: forbidden",
    ]


def test_gateways_that_may_not_be_read(on_api: Run, shop: ObjectsApi) -> None:
    shop.before_get = refusing("/gateways")
    result = on_api("waypoint", "status", "svc/cart", "-o", "json")
    (found,) = items(result).values()
    assert (result.code, found["waypoint"], found["reason"]) == (0, None, "EvidenceMissing")
    assert "cannot list gateways.gateway.networking.k8s.io: forbidden" in found["message"]


def test_what_is_unknown_is_shown_as_unknown_and_counts_say_at_least(on_api: Run, shop: ObjectsApi) -> None:
    shop.before_get = refusing("/gateways")
    wide = on_api("waypoint", "status", "-o", "wide").out
    rows = {line.split()[1]: line.split() for line in wide.splitlines()[1:3]}
    assert {name: row[2] for name, row in rows.items()} == {"cart": "?", "web-1": "?"}
    assert {row[5] for row in rows.values()} == {"Namespace/shop"}, "which label names it was seen"
    assert "Through a waypoint: at least 0 of 1 Service, at least 0 of 1 Pod; 2 cannot be told." in wide
    of_namespace = on_api("waypoint", "explain", "ns", "shop").out
    assert "at least 0 of 1 Service, at least 0 of 1 Pod" in of_namespace
    groups = [line.split()[:2] for line in of_namespace.splitlines() if line.startswith(("Service ", "Pod "))]
    assert groups == [["Service", "?"], ["Pod", "?"]]


def test_without_the_namespace_not_even_the_label_is_known(on_api: Run, shop: ObjectsApi) -> None:
    shop.before_get = refusing("/namespaces/shop")
    (cart,) = on_api("waypoint", "status", "svc/cart", "-o", "wide", "--no-headers").out.splitlines()
    assert cart.split()[2:6] == ["?", "service", "EvidenceMissing", "?"]
    status = on_api("status", "-o", "wide")
    assert status.out.splitlines()[1].split()[-1] == "?"
    assert "no waypoint is told where it is not known: cannot get namespace shop: forbidden" in status.err


def test_a_kind_that_may_not_be_read_is_no_missing_name(on_api: Run, shop: ObjectsApi) -> None:
    shop.before_get = refusing("/serviceentries")
    result = on_api("waypoint", "status", "se/bank", "svc/cart")
    assert result.code == 1
    assert "error: cannot list serviceentries.networking.istio.io: forbidden" in result.err
    assert "not found" not in result.err


def test_nothing_may_be_read(on_api: Run, shop: ObjectsApi) -> None:
    shop.before_get = lambda path: status(403, "Forbidden", f"{path} is forbidden")
    result = on_api("waypoint", "status")
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("Error from server (Forbidden): ")


def test_without_the_gateway_api_one_sentence_says_so(on_api: Run, shop: ObjectsApi) -> None:
    def missing(path: str) -> Reply | None:
        gone = path.startswith("/apis/gateway.networking.k8s.io")
        return status(404, "NotFound", "the server could not find the requested resource") if gone else None

    shop.before_get = missing
    result = on_api("waypoint", "status")
    assert result.code == 0
    assert "WaypointIsNotReady" in result.out
    told = "The server has no gateways.gateway.networking.k8s.io: without the Gateway API there are no waypoints."
    assert told in result.err.splitlines()


def test_names_that_are_not_there(on_api: Run, shop: ObjectsApi) -> None:
    result = on_api("waypoint", "status", "svc/nope", "se/no")
    assert result.code == 1
    assert result.err.splitlines()[-2:] == [
        'Error from server (NotFound): services "nope" not found',
        'Error from server (NotFound): serviceentries.networking.istio.io "no" not found',
    ]


def test_a_namespace_that_is_not_there(on_api: Run, shop: ObjectsApi) -> None:
    result = on_api("waypoint", "status", "-n", "shoq")
    assert (result.code, result.out) == (1, "")
    assert 'Error from server (NotFound): namespaces "shoq" not found' in result.err


def test_an_empty_namespace(on_api: Run, api: ObjectsApi) -> None:
    api.add("/api/v1/namespaces/shop")
    result = on_api("waypoint", "status")
    assert (result.code, result.out) == (0, "")
    assert "No resources found in shop namespace." in result.err


def test_a_bad_object_hides_no_good_one(on_api: Run, shop: ObjectsApi) -> None:
    shop.add(f"{ISTIO}/serviceentries/bad", spec={"hosts": "not-a-list"})
    result = on_api("waypoint", "status")
    assert result.code == 1
    assert "shop/wp" in result.out
    assert "spec.hosts" in result.err
