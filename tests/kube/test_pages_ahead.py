"""The next page is asked for while this one is decoded."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from msgspec import Struct

from kubectl_ambient.kube import pages as ahead
from kubectl_ambient.kube.api import _itself as itself
from kubectl_ambient.kube.pages import read_pages
from kubectl_ambient.kube.request import Request
from kubectl_ambient.kube.resources import find_resource
from kubectl_ambient.kube.wanted import Wanted


class Item(Struct):
    name: str


class Server:
    """Answers pages of one item each; the token of page n is `t<n>`."""

    def __init__(self, pages: int, decoy: str = "") -> None:
        self.pages, self.decoy = pages, decoy
        self.asked: list[str] = []
        self.seen = threading.Condition()

    def send(self, request: Request) -> bytearray:
        token = dict(request.query).get("continue", "t0")
        with self.seen:
            self.asked.append(token)
            self.seen.notify_all()
        if not token.startswith("t"):
            raise AssertionError(f"the decoy {token} was waited for")
        number = int(token[1:])
        following = f"t{number + 1}" if number + 1 < self.pages else ""
        metadata = {"resourceVersion": "7", **({"continue": following} if following else {})}
        items = [{"name": f"item-{number}", **({"continue": self.decoy} if self.decoy else {})}]
        body: dict[str, Any] = {"kind": "PodList", "apiVersion": "v1"}
        order = {"items": items, "metadata": metadata} if self.decoy else {"metadata": metadata, "items": items}
        return bytearray(json.dumps(body | order, separators=(",", ":")).encode())

    def list(self) -> Any:
        pods = find_resource("pods")
        request = Request(pods.path(), resource=pods)
        wanted: Wanted[Item, Item] = Wanted(Item, itself, pods, where="here", on_bad=print)
        return read_pages(self.send, request, wanted, chunk_size=1)

    def wait_for(self, token: str) -> bool:
        with self.seen:
            return self.seen.wait_for(lambda: token in self.asked, timeout=5)


def test_the_next_page_is_on_its_way_while_the_first_is_in_hand() -> None:
    server = Server(pages=3)
    pages = server.list()
    assert [item.name for item in next(pages).items] == ["item-0"]
    assert server.wait_for("t1")
    assert [item.name for page in pages for item in page.items] == ["item-1", "item-2"]
    assert server.asked == ["t0", "t1", "t2"]


def test_a_wrong_guess_costs_a_request_and_nothing_else() -> None:
    server = Server(pages=3, decoy="x")
    assert [item.name for page in server.list() for item in page.items] == ["item-0", "item-1", "item-2"]
    assert [token for token in server.asked if token != "x"] == ["t0", "t1", "t2"]


def test_a_page_whose_thread_never_began_is_asked_for_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "start", lambda work, threads: lambda: None)
    server = Server(pages=3)
    assert [item.name for page in server.list() for item in page.items] == ["item-0", "item-1", "item-2"]
    assert server.asked == ["t0", "t1", "t2"]


def test_a_thread_that_ended_in_the_midst_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = iter([True])
    monkeypatch.setattr(ahead, "start", lambda work, threads: lambda: next(runs, False))
    pages = Server(pages=2).list()
    next(pages)
    with pytest.raises(RuntimeError, match="never came"):
        next(pages)
