"""The applications that the clusters are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Owner = Literal["Deployment", "StatefulSet", "Job"]


@dataclass(frozen=True)
class Word:
    """An application: what owns its pods, how many there are, and how many settings make it large or small."""

    name: str
    owner: Owner
    pods: int
    settings: int


WORDS = (
    Word("web", "Deployment", 6, 16),
    Word("cart", "Deployment", 4, 10),
    Word("checkout", "Deployment", 5, 24),
    Word("orders", "StatefulSet", 3, 12),
    Word("payments", "Deployment", 4, 28),
    Word("catalog", "Deployment", 6, 14),
    Word("search", "Deployment", 5, 8),
    Word("redis", "StatefulSet", 3, 4),
    Word("reviews", "Deployment", 3, 12),
    Word("shipping", "Deployment", 2, 20),
    Word("users", "Deployment", 4, 16),
    Word("sessions", "Deployment", 3, 6),
    Word("mailer", "Deployment", 1, 10),
    Word("api", "Deployment", 4, 32),
    Word("pricing", "Deployment", 3, 14),
    Word("kafka", "StatefulSet", 5, 18),
    Word("stock", "Deployment", 4, 12),
    Word("export", "Job", 1, 4),
    Word("recommender", "Deployment", 8, 22),
    Word("billing", "Deployment", 3, 26),
)

Mode = Literal["enrolled", "sidecar", "bare"]
MODES: tuple[Mode, ...] = ("enrolled", "sidecar", "bare")
"""What the pods of a namespace go through, and so what they look like."""

ODD_AMBIENT = ("forgotten", "refused", "queued", "debug", "edge", "mixed")
"""Single pods of ambient namespaces: not enrolled, pending, without a node, opted out, host network, with a sidecar."""

ODD_PLAIN = ("stale", "chosen")
"""Single pods of plain namespaces: still redirected, and enrolled by a label of its own."""
