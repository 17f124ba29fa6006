import pytest

from kubectl_ambient.kube.errors import UsageError
from kubectl_ambient.kube.resources import TABLE, find_resource, parse_targets


@pytest.mark.parametrize(
    ("word", "plural"),
    [
        ("ns", "namespaces"),
        ("namespace", "namespaces"),
        ("Pods", "pods"),
        ("po", "pods"),
        ("deploy", "deployments"),
        ("Deployment", "deployments"),
        ("deployment.apps", "deployments"),
        ("deployments.v1.apps", "deployments"),
        ("sts", "statefulsets"),
        ("gtw", "gateways"),
        ("gateways.gateway.networking.k8s.io", "gateways"),
        ("gateways.v1.gateway.networking.k8s.io", "gateways"),
        ("se", "serviceentries"),
        ("pods.v1.", "pods"),
    ],
)
def test_a_resource_is_found_by_every_name_that_kubectl_takes(word: str, plural: str) -> None:
    assert find_resource(word).plural == plural


@pytest.mark.parametrize(
    ("word", "named"),
    [("foo", "foo"), ("pods.apps", "pods"), ("deployments.v2.apps", "deployments"), ("", ""), ("PODDER", "PODDER")],
)
def test_an_unknown_type_is_told_in_kubectls_words(word: str, named: str) -> None:
    with pytest.raises(UsageError) as e:
        find_resource(word)
    assert str(e.value) == f'error: the server doesn\'t have a resource type "{named}"'
    assert e.value.exit_code == 2


def test_no_two_resources_share_a_word() -> None:
    words = [word for r in TABLE for word in {r.plural, r.singular, *r.short_names}]
    assert len(words) == len(set(words))


def test_paths_are_those_of_the_api() -> None:
    deployments, namespaces = find_resource("deploy"), find_resource("ns")
    assert deployments.path() == "/apis/apps/v1/deployments"
    assert deployments.path("x", "y") == "/apis/apps/v1/namespaces/x/deployments/y"
    assert namespaces.path("ignored", "y") == "/api/v1/namespaces/y"
    assert find_resource("pod").path("a b", "c?d") == "/api/v1/namespaces/a%20b/pods/c%3Fd"


@pytest.mark.parametrize("name", ["..", ".", "a/b", "50%"])
def test_a_name_that_would_lead_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match=r"invalid resource name"):
        find_resource("pod").path("x", name)
    with pytest.raises(UsageError, match=r"invalid namespace"):
        find_resource("pod").path(name)


def test_names_for_output() -> None:
    assert [find_resource(w).name_for_output for w in ("po", "deploy")] == ["pod", "deployment.apps"]
    assert [find_resource(w).full_name for w in ("po", "deploy")] == ["pods", "deployments.apps"]


def targets(*args: str) -> list[tuple[str, str | None]]:
    return [(t.resource.plural, t.name) for t in parse_targets(args)]


def test_every_form_of_kubectl_names_targets() -> None:
    assert targets("pod", "a", "b") == [("pods", "a"), ("pods", "b")]
    assert targets("pod/a", "deploy/b") == [("pods", "a"), ("deployments", "b")]
    assert targets("ns,deploy", "a") == [("namespaces", "a"), ("deployments", "a")]
    assert targets("po,pod,po") == [("pods", None), ("pods", None)]
    assert targets("pod") == [("pods", None)]
    assert targets() == []


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("pod", "pod/a"), "there is no need to specify a resource type as a separate argument"),
        (("pod/a", "b"), "there is no need to specify a resource type as a separate argument"),
        (("pod/a/b",), "arguments in resource/name form may not have more than one slash"),
        (("pod/",), "arguments in resource/name form must have a single resource and name"),
        (("/a",), "arguments in resource/name form must have a single resource and name"),
        (("pod,ns/a",), "arguments in resource/name form must have a single resource and name"),
        (("ns,pod", "a/b"), "arguments in resource/name form may not have more than one slash"),
        (("pod", ""), "resource name may not be empty"),
        (("nosuch", "a"), 'the server doesn\'t have a resource type "nosuch"'),
    ],
)
def test_broken_forms_are_told_in_kubectls_words(args: tuple[str, ...], words: str) -> None:
    with pytest.raises(UsageError) as e:
        parse_targets(args)
    assert str(e.value).startswith(f"error: {words}")
