"""`waypoint status` stays within the terminal, whatever the names and the reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import pytest

from kubectl_ambient.mesh.catalogue import WaypointReason
from kubectl_ambient.mesh.waypoint.binding import Binding
from kubectl_ambient.render.terminal import Paint
from kubectl_ambient.render.waypoint.status import binding_table


@dataclass
class Row:
    """As much of a binding as a row shows."""

    reason: str
    kind: str = "WorkloadEntry"
    namespace: str = "recommendations-production"
    name: str = "recommendation-service-v2-7d4b9c5f6-9qz7m"
    waypoint: str = "infrastructure/shared-waypoint-of-all-teams"
    traffic: str = "workload"
    needs_attention: bool = True


@pytest.mark.parametrize("reason", WaypointReason)
@pytest.mark.parametrize("namespaced", [True, False])
def test_rows_stay_within_80_columns(reason: WaypointReason, namespaced: bool) -> None:
    row = cast(Binding, Row(reason))
    table = binding_table([row], namespaced=namespaced, wide=False, headers=True, width=80, paint=Paint(False))
    assert max(map(len, table.splitlines())) <= 80
    assert reason[:14] in table
