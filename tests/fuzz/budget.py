"""How much is tried, and from which seed. The suite tries little; `make fuzz` as much as one has time for."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, seed, settings

_T = TypeVar("_T", bound=Callable[..., Any])
EXAMPLES, SEED, SHRINK = "AMBIENT_FUZZ_EXAMPLES", "AMBIENT_FUZZ_SEED", "AMBIENT_FUZZ_SHRINK"
_FEW = 20


def examples() -> int:
    """How many examples each law is tried on."""
    return int(os.environ.get(EXAMPLES) or _FEW)


def chosen_seed() -> int:
    """The seed: as it was given, in CI always the same, else a new one, which the processes of one run share."""
    if not os.environ.get(SEED):
        os.environ[SEED] = "0" if os.environ.get("CI") else str(int.from_bytes(os.urandom(4)))
    return int(os.environ[SEED])


def header() -> str:
    """One line for the top of a test run."""
    return f"fuzz: {examples()} examples a law ({EXAMPLES}), seed {chosen_seed()} ({SEED})"


def fuzzed(share: float = 1) -> Callable[[_T], _T]:
    """A law, tried on a share of the budget."""
    # To make a whole cluster smaller takes minutes: AMBIENT_FUZZ_SHRINK=0 is for who wants the first that fails.
    shrink = () if os.environ.get(SHRINK) == "0" else (Phase.shrink,)
    checks = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example)
    limits = settings(
        max_examples=max(int(examples() * share), 1),
        deadline=None,
        print_blob=True,
        derandomize=False,
        suppress_health_check=checks,
        phases=(Phase.explicit, Phase.reuse, Phase.generate, *shrink),
    )
    return lambda law: seed(chosen_seed())(limits(law))
