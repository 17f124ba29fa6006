import pytest

from kubectl_ambient.kube.errors import ConfigError
from kubectl_ambient.kube.proxies import proxy_for

API = "https://api.example.com:6443"


def through(server: str = API, proxy_url: str = "", **environ: str) -> str:
    return proxy_for(server, proxy_url, environ)


def test_the_environment_names_a_proxy_for_each_scheme() -> None:
    assert through(HTTPS_PROXY="http://p:1") == "http://p:1"
    assert through(https_proxy="p:1") == "http://p:1"
    assert through(HTTP_PROXY="http://p:1") == ""
    assert through("http://api.example.com", HTTP_PROXY="http://p:1") == "http://p:1"
    assert through("http://api.example.com", HTTP_PROXY="http://p:1", REQUEST_METHOD="GET") == ""
    # Go knows no ALL_PROXY, though curl and Python do.
    assert through(ALL_PROXY="http://p:1") == ""


@pytest.mark.parametrize(
    ("no_proxy", "server", "direct"),
    [
        ("*", API, True),
        ("example.com", API, True),
        (".example.com", API, True),
        ("*.example.com", API, True),
        ("ample.com", API, False),
        ("other, api.example.com:6443", API, True),
        ("api.example.com:443", API, False),
        ("10.0.0.0/8", "https://10.1.2.3", True),
        ("10.0.0.0/8", "https://11.1.2.3", False),
        ("10.1.2.3:6443", "https://10.1.2.3:6443", True),
        ("10.1.2.3", "https://10.1.2.3:6443", True),
        ("fd00::/8", "https://[fd00::1]:6443", True),
        ("bad/cidr", API, False),
        ("", "https://127.0.0.1:6443", True),
        ("", "https://localhost:6443", True),
        ("", "https://[::1]:6443", True),
    ],
)
def test_no_proxy_is_read_as_go_reads_it(no_proxy: str, server: str, direct: bool) -> None:
    assert (through(server, HTTPS_PROXY="http://p:1", NO_PROXY=no_proxy) == "") is direct


def test_the_kubeconfigs_proxy_comes_first_and_no_proxy_does_not_undo_it() -> None:
    assert through(proxy_url="http://k:2", HTTPS_PROXY="http://p:1", NO_PROXY="*") == "http://k:2"


def test_a_socks_proxy_resolves_the_name_itself() -> None:
    assert through(proxy_url="socks5://k:2") == "socks5h://k:2"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ftp://x", 'unsupported scheme "ftp", must be http, https, or socks5'),
        ("http://x:port", "could not parse: http://x:port"),
        ("http://", "it names no host"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_one_sentence(url: str, words: str) -> None:
    with pytest.raises(ConfigError) as e:
        through(proxy_url=url)
    assert str(e.value) == f"error: invalid 'proxy-url' \"{url}\": {words}"
