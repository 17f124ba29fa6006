"""What every test of the commands may ask for; see `enable_fixtures.py`."""

from __future__ import annotations

from .enable_fixtures import ambient, api, clean_environment, on_api

__all__ = ["ambient", "api", "clean_environment", "on_api"]
