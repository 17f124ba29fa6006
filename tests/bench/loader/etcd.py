"""etcd by the JSON gateway of its client port."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, TypeAlias

import urllib3

Entry: TypeAlias = tuple[bytes, bytes]
"""A key and what is kept there."""

# etcd takes 128 operations and 1.5 MB at once.
_AT_ONCE = 50


class Etcd:
    """Reads and writes what an API server keeps."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._pool = urllib3.PoolManager(retries=False)

    def read(self, key: bytes) -> bytes:
        """What is kept under a key; raises KeyError."""
        found = self._ask("range", {"key": _text(key)}).get("kvs")
        if not found:
            raise KeyError(key)
        return base64.b64decode(found[0]["value"])

    def delete(self, key: bytes) -> None:
        """Forget a key."""
        self._ask("deleterange", {"key": _text(key)})

    def delete_under(self, prefix: bytes) -> None:
        """Forget all keys that begin so."""
        self._ask("deleterange", {"key": _text(prefix), "range_end": _text(prefix[:-1] + bytes([prefix[-1] + 1]))})

    def write(self, entries: Iterable[Entry]) -> int:
        """Write many, at least one; returns the revision of the last."""
        for batch in _batches(entries):
            puts = [{"requestPut": {"key": _text(key), "value": _text(value)}} for key, value in batch]
            answer = self._ask("txn", {"success": puts})
        return int(answer["header"]["revision"])

    def _ask(self, what: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = self._pool.request("POST", f"{self._url}/v3/kv/{what}", body=json.dumps(body).encode(), timeout=60)
        if answer.status != 200:
            raise RuntimeError(f"etcd {what}: {answer.status} {answer.data.decode(errors='replace')[:300]}")
        decoded: dict[str, Any] = json.loads(answer.data)
        return decoded


def _batches(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    rest = iter(entries)
    while batch := list(islice(rest, _AT_ONCE)):
        yield batch


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
