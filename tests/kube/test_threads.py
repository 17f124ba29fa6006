"""Reads beside each other meet types that no thread has decoded before."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
from __future__ import annotations
import sys
import threading
import msgspec
from kubectl_ambient.kube.decoding import decoder_of

sys.setswitchinterval(1e-6)
SOURCE = "from __future__ import annotations\\nimport msgspec\\n" + "".join(
    f"class {name}(msgspec.Struct):\\n" + "".join(f"    {field}: {kind} = None\\n" for field, kind in fields)
    for name, fields in {
        "Leaf": [(f"n{i}", "str | None") for i in range(20)],
        "Part": [("x", "str | None"), ("y", "dict[str, str] | None"), ("z", "list[Leaf] | None")],
        **{f"Kind{i}": [("a", "Part | None"), ("b", "list[Part] | None")] for i in range(8)},
    }.items()
)
BODY = b'[{"a": {"x": "1", "y": {"k": "v"}, "z": [{"n1": "1", "n19": "2"}]}, "b": [{"x": "2", "y": {}, "z": []}]}]'
for number in range(60):
    space = {"__name__": f"space{number}"}
    sys.modules[f"space{number}"] = type(sys)(f"space{number}")
    exec(SOURCE, space)
    vars(sys.modules[f"space{number}"]).update(space)
    gate = threading.Barrier(8)

    def read(kind):
        gate.wait()
        decoder_of(list[kind]).decode(BODY)

    threads = [threading.Thread(target=read, args=(space[f"Kind{i}"],)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
"""


def test_new_types_are_decoded_by_many_threads_at_once() -> None:
    """Without the lock in `decoder_of` the process dies of a segmentation fault."""
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
