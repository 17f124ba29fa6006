"""What differs from copy to copy. A mark is as long as each value that takes its place, so no length in the bytes
around it changes: protobuf and JSON stay whole."""

from __future__ import annotations

NAMESPACE = "zzzzz-9999"
NODE = "yyyy-99999"
HASH = "hhhhhhhhhh"
"""Of a pod template, in the name of the ReplicaSet."""
SUFFIX = "sssss"
"""The end of a pod's name."""
WAVE = "wave-9999"
"""The value of the label that wide changes choose pods by."""

POD_IP = "10.255.255.254"
SERVICE_IP = "10.96.255.254"
NODE_IP = "192.168.255.254"

CREATED = "2025-01-01T00:00:00Z"
"""When it was made; shapes use it for everything that happened to the object."""

CONTAINERS = tuple(f"{number}" * 64 for number in range(4))
"""The ids of the containers of a pod."""

WORKLOAD = "00000000-0000-4000-8000-00000000000a"
REPLICA_SET = "00000000-0000-4000-8000-00000000000b"
POD = "00000000-0000-4000-8000-00000000000c"
SERVICE = "00000000-0000-4000-8000-00000000000d"
ADDRESS = "00000000-0000-4000-8000-00000000000e"
GATEWAY = "00000000-0000-4000-8000-00000000000f"
OTHER = "00000000-0000-4000-8000-000000000010"
"""The uids."""

UIDS = {
    "Pod": POD,
    "ReplicaSet": REPLICA_SET,
    "Service": SERVICE,
    "IPAddress": ADDRESS,
    "Gateway": GATEWAY,
    "Namespace": OTHER,
    "Node": OTHER,
}
"""The mark that the uid of each kind becomes; the other kinds are workloads."""
