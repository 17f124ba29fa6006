"""Issue 10, number 2: what an answer proves, or the want of one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.kube.standin import Reply, status

from .account_scene import LABEL, NAMES, PATHS, Scene

Fields = dict[str, Any]


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (Reply(fault="reset"), "connection reset by peer"),
        (Reply({}, fault="cut"), "unexpected EOF"),
        (Reply(b"<html>Bad Gateway</html>", 502, content_type="text/html"), "an error on the server"),
        (Reply(b"", 504), "may still be processing the request"),
        (status(500, "ServerTimeout", "the server timed out"), "the server timed out"),
        (status(504, "Timeout", "request did not complete"), "request did not complete"),
        (status(503, "ServiceUnavailable", "apiserver is shutting down"), "apiserver is shutting down"),
        (Reply(b"", 408), "408"),
        (Reply(b"<html>hello</html>"), "cannot be read"),
        (Reply(b""), "cannot be read"),
        (Reply(b"[]"), "cannot be read"),
        (Reply({}), "Object 'Kind' is missing"),
        (Reply({"kind": "Status", "status": "Success"}), "its kind is Status, not Namespace"),
        (Reply({"metadata": {"name": "other", "labels": {LABEL: "ambient"}}}), "is not that object"),
    ],
)
def test_an_answer_that_proves_nothing_is_not_known(scene: Scene, reply: Reply, why: str) -> None:
    scene.answer("n07", reply)
    told = scene.run()
    assert told.unknown == {"n07"}
    assert len(told.done) == 23
    assert why in told.err
    scene.check(told, code=1)


@pytest.mark.parametrize(
    "reply",
    [
        status(403, "Forbidden", 'namespaces "n07" is forbidden', name="n07"),
        status(422, "Invalid", "no"),
        status(429, "TooManyRequests", "later"),
        status(400, "BadRequest", "what?"),
        Reply(b"", 302, headers={"Location": "https://login.example"}),
    ],
)
def test_a_refusal_is_no_doubt(scene: Scene, reply: Reply) -> None:
    scene.api.before_patch = lambda path, patch: reply if path == PATHS["n07"] else None
    told = scene.run()
    assert (told.unknown, "not known" in told.err) == (set(), False)
    assert "n07" not in told.done | scene.changed
    scene.check(told, code=1)


def test_a_conflict_that_our_own_first_try_made_is_none(scene: Scene) -> None:
    """It is sent again, as the server asked for, and meets what it has done itself."""
    later = Reply(b"", 503, headers={"Retry-After": "0"})
    scene.answer("n07", later, times=1)
    told = scene.run()
    assert told.done == set(NAMES)
    assert "n07" in told.undoes[-1]
    scene.check(told, code=0)


def test_what_refuses_after_a_try_that_may_have_worked_is_not_known(scene: Scene) -> None:
    tries: list[str] = []

    def refuse_later(path: str, patch: Fields) -> Reply | None:
        if path != PATHS["n07"]:
            return None
        tries.append(path)
        return status(403, "Forbidden", "not any more") if len(tries) > 1 else None

    scene.api.before_patch = refuse_later
    scene.answer("n07", Reply(b"", 503, headers={"Retry-After": "0"}))
    told = scene.run()
    assert told.unknown == {"n07"}
    scene.check(told, code=1)


def test_what_was_never_sent_is_no_doubt(scene: Scene) -> None:
    """The server goes away before the changes: nothing can be connected to."""
    refuse = (
        "import kubectl_ambient.kube.pool as pool, urllib3\n"
        "class Refused(urllib3.PoolManager):\n"
        "    def urlopen(self, method, url, **words):\n"
        "        if method == 'PATCH': url = 'http://127.0.0.1:1/'\n"
        "        return super().urlopen(method, url, **words)\n"
        "urllib3.PoolManager = Refused\n"
    )
    told = scene.run(prelude=refuse)
    assert (told.done, told.unknown, told.undoes, scene.changed) == (set(), set(), [], set())
    assert "was refused - did you specify the right host or port?" in told.err
    assert told.code == 1
