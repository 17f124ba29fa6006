"""What every test of the commands may ask for; see `enable_fixtures.py`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kube.standin import StandIn

from .account_scene import Scene
from .enable_fixtures import ambient, api, clean_environment, on_api
from .objects_api import ObjectsApi

__all__ = ["ambient", "api", "clean_environment", "on_api"]


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """24 namespaces to label; see `account_scene.py`."""
    standin = StandIn()
    yield Scene(ObjectsApi(standin), tmp_path)
    standin.stop()
