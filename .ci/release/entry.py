"""What the archive's program runs. Nothing but built-in modules is there to be imported, `__future__` neither."""

import _frozen_importlib
import marshal
import mmap
import sys
from _frozen_importlib import ModuleSpec  # importlib itself is in the file, too
from _thread import RLock

TYPE_CHECKING = False  # of `typing`, which is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.resources.readers import FileReader
    from types import CodeType, ModuleType
    from typing import Any

FOLDER = vars(sys)["_MEIPASS"]
IMPORTLIB = vars(_frozen_importlib)
FIND_AND_LOAD = IMPORTLIB["_find_and_load_unlocked"]
# What others import at their beginning, for functions that few commands call: it is run when something of it is asked
# for. None of what these import themselves asks for something of them while it is imported.
LATER = {
    *("calendar", "email.base64mime", "email.quoprimime", "ipaddress", "mimetypes", "msgspec.inspect", "platform"),
    *("ntpath", "random", "selectors", "shutil", "stringprep", "subprocess", "tokenize", "traceback"),
}
# What is asked of every module while it is imported.
OF_ALL = {
    *("__cached__", "__class__", "__dict__", "__doc__", "__file__", "__loader__", "__name__", "__package__"),
    *("__path__", "__spec__"),
}


class Later(type(sys)):  # type: ignore[misc]
    """A module of which nothing has been asked for."""

    def __getattribute__(self, name: str) -> object:
        get = super().__getattribute__  # it is another class's once it was run
        if name not in OF_ALL:
            get("__spec__").loader.run(self)
        return get(name)


class Bundle:
    """Finds and loads the modules of the archive in one file: to find, open and read each alone takes as long again.

    bundle.py tells how it is laid out.
    """

    def __init__(self, path: str) -> None:
        with open(path, "rb") as file:  # noqa: PTH123 (pathlib is not imported yet)
            content = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        start = 4 + int.from_bytes(content[:4], "little")
        self._places: dict[str, tuple[int, int, bool]] = marshal.loads(content[4:start])
        self._code = content[start:]
        self._locks = {name: RLock() for name in LATER}
        self._running: set[str] = set()

    def load(self, name: str, import_: "Callable[[str], object]") -> "Any":
        """In place of importlib's `_find_and_load_unlocked`, which asks finder after finder, each under a lock.

        It saves a twentieth of the time of most commands. importlib still sees to it that threads wait for each other.
        import_: imports what the module is in.
        """
        if name not in self._places:
            return FIND_AND_LOAD(name, import_)
        modules = sys.modules
        parent, _, child = name.rpartition(".")
        if parent:
            if parent not in modules:
                import_(parent)
            if name in modules:
                return modules[name]
        spec: Any = self.find_spec(name)
        module = modules[name] = _made(self.create_module(spec) or type(sys)(name), spec)
        try:
            self.exec_module(module)
        except BaseException:
            modules.pop(name, None)
            raise
        finally:
            spec._initializing = False
        if parent:
            setattr(modules[parent], child, modules[name])
        return modules[name]

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """What Python asks every finder."""
        if (place := self._places.get(name)) is None:
            return None
        folder = f"{FOLDER}/{name.replace('.', '/')}"
        is_package = place[2]
        spec = ModuleSpec(name, self, origin=f"{folder}/__init__.pyc" if is_package else f"{folder}.pyc")  # type: ignore[arg-type]
        spec.has_location, spec.cached = True, spec.origin
        if is_package:
            spec.submodule_search_locations = [folder]  # libraries in C lie there
        return spec

    def create_module(self, spec: ModuleSpec) -> "ModuleType | None":
        """None for the usual module."""
        return Later(spec.name) if spec.name in LATER else None

    def exec_module(self, module: "ModuleType") -> None:
        """Run the module's code in it, if not later."""
        if not isinstance(module, Later):
            exec(self.get_code(module.__name__), vars(module))

    def run(self, module: "ModuleType") -> None:
        """Run what was to run later, once; other threads wait for it, and its own code goes on."""
        name = module.__name__
        with self._locks[name]:
            if module.__class__ is Later and name not in self._running:
                self._running.add(name)
                try:
                    exec(self.get_code(name), module.__dict__)
                finally:
                    self._running.discard(name)
                module.__class__ = type(sys)  # type: ignore[assignment]

    def get_resource_reader(self, name: str) -> "FileReader":
        """What reads files that a package brings, such as certificates: those lie in its folder."""
        from importlib.resources.readers import FileReader
        from types import SimpleNamespace

        return FileReader(SimpleNamespace(path=f"{FOLDER}/{name.replace('.', '/')}/__init__.pyc"))  # type: ignore[arg-type]

    def get_code(self, name: str) -> "CodeType":
        """The code of a module that is here."""
        begin, length, _ = self._places[name]
        code: CodeType = marshal.loads(self._code[begin : begin + length])
        return code


def _made(module: "ModuleType", spec: "Any") -> "ModuleType":
    """The module with what Python gives every one, marked as one that is being imported."""
    its = module.__dict__
    its["__spec__"], its["__loader__"], its["__package__"] = spec, spec.loader, spec.parent
    its["__file__"] = its["__cached__"] = spec.origin
    if spec.submodule_search_locations is not None:
        its["__path__"] = spec.submodule_search_locations
    spec._initializing = True
    return module


BUNDLE = Bundle(f"{FOLDER}/modules")
sys.meta_path.insert(0, BUNDLE)
IMPORTLIB["_find_and_load_unlocked"] = BUNDLE.load
# PyInstaller's finder serves modules packed into the program: there is none of them but this one.
sys.path_hooks[:] = [hook for hook in sys.path_hooks if "pyimod02" not in getattr(hook, "__module__", "")]
sys.path_importer_cache.clear()

from kubectl_ambient.__main__ import main  # noqa: E402


def take_patterns() -> None:
    """Have `re` compile its expressions without the work that patterns.py did while the archive was built."""
    import re

    with open(f"{FOLDER}/patterns", "rb") as file:  # noqa: PTH123 (as above)
        patterns = marshal.loads(file.read())
    compiler = vars(re)["_compiler"]
    compile_anew = compiler.compile

    def compiled(pattern: object, flags: int = 0) -> object:
        known = patterns.get((pattern, flags))
        return compile_anew(pattern, flags) if known is None else compiler._sre.compile(pattern, *known)

    compiler.compile = compiled


main(take_patterns)
