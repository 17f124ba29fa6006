"""Modules of the archive are loaded as Python loads modules."""

from __future__ import annotations

import sys
import threading
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import pytest

from .conftest import Packer

OF_ITSELF = "found = __name__, __package__, __file__, __spec__.name, __spec__.parent, __spec__.origin, __cached__\n"


def of(module: ModuleType) -> dict[str, Any]:
    return vars(module)


def test_a_module_knows_what_it_is(pack: Packer) -> None:
    pack((), box__=OF_ITSELF, box__thing=OF_ITSELF, alone=OF_ITSELF)
    for name, parent in (("box", "box"), ("box.thing", "box"), ("alone", "")):
        module = import_module(name)
        file = module.__file__
        assert of(module)["found"] == (name, parent, file, name, parent, file, file)
        assert module.__spec__ == find_spec(name)
        assert module.__loader__ is module.__spec__.loader  # type: ignore[union-attr]
        assert hasattr(module, "__path__") == (name == "box")
        assert not module.__spec__._initializing  # type: ignore[union-attr]


def test_what_it_is_in_is_imported_before_and_has_it(pack: Packer) -> None:
    inner = "from . import first\nfrom .other import second\n"
    pack((), case__="first = 1\n", case__inner=inner, case__other="second = 2\n")
    module = import_module("case.inner")
    assert (of(module)["first"], of(module)["second"]) == (1, 2)
    assert sys.modules["case"].inner is module


def test_a_package_that_imports_what_is_in_it_is_run_once(pack: Packer) -> None:
    pack((), tin__="from .lid import count\ncount.append(1)\n", tin__lid="count = []\n")
    assert of(import_module("tin.lid"))["count"] == [1]


def test_two_that_import_each_other(pack: Packer) -> None:
    pack((), hen="import egg\nlaid = 1\n", egg="import hen\ndef laid():\n    return hen.laid\n")
    assert of(import_module("egg"))["hen"].laid == 1
    assert of(import_module("hen"))["egg"].laid() == 1


def test_one_that_puts_another_in_its_place(pack: Packer) -> None:
    pack((), jar__="", jar__lid="import sys\nsys.modules[__name__] = 'another'\n")
    assert import_module("jar.lid") == "another"
    assert of(import_module("jar"))["lid"] == "another"


def test_one_that_fails_is_not_there_and_is_run_again(pack: Packer) -> None:
    pack((), pot__="", pot__lid="import sys\nsys.tries = getattr(sys, 'tries', 0) + 1\nfound = 1 / (sys.tries - 1)\n")
    try:
        with pytest.raises(ZeroDivisionError):
            import_module("pot.lid")
        assert "pot.lid" not in sys.modules
        assert "lid" not in of(import_module("pot"))
        assert of(import_module("pot.lid"))["found"] == 1
    finally:
        del sys.tries  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["urn.lid", "nowhere_at_all", "urn.lid.knob"])
def test_one_that_is_not_there(pack: Packer, name: str) -> None:
    pack((), urn__="")
    with pytest.raises(ModuleNotFoundError, match=f"No module named 'urn.lid'|No module named '{name}'"):
        import_module(name)


def test_others_come_from_where_they_are(pack: Packer) -> None:
    pack((), asks_others="import this_is_elsewhere as found\n")
    sys.modules["this_is_elsewhere"] = ModuleType("this_is_elsewhere")
    assert of(import_module("asks_others"))["found"] is sys.modules["this_is_elsewhere"]
    sys.modules.pop("colorsys", None)
    assert import_module("colorsys").rgb_to_hls(0, 0, 0) == (0.0, 0.0, 0.0)


def test_threads_wait_until_all_of_it_is_there(pack: Packer) -> None:
    text = "import sys, time\nsys.slow_runs.append(1)\ntime.sleep(0.1)\nlast = 2\n"
    pack((), slow_one=text)
    sys.slow_runs = []  # type: ignore[attr-defined]
    got: list[int] = []
    threads = [threading.Thread(target=lambda: got.append(import_module("slow_one").last)) for _ in range(8)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert got == [2] * 8
        assert sys.slow_runs == [1]  # type: ignore[attr-defined]
    finally:
        del sys.slow_runs  # type: ignore[attr-defined]
