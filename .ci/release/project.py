"""Where things lie, and what they are called: all of it follows from the package's version and address."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DIST = ROOT / "dist"
PLUGIN = "ambient"
PROGRAM = "kubectl-ambient"

_SYSTEMS = {"linux": "linux", "darwin": "darwin", "win32": "windows"}
_MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


def _package() -> tuple[str, str]:
    """Version and address, out of the one file that holds them; importing it needs nothing installed."""
    sys.path.insert(0, str(ROOT))
    try:
        from kubectl_ambient import HOMEPAGE, __version__
    finally:
        sys.path.remove(str(ROOT))
    return __version__, HOMEPAGE


VERSION, HOMEPAGE = _package()


class ReleaseError(Exception):
    """Something that a release must not be made with; the message is one sentence for a person."""


@dataclass(frozen=True)
class Platform:
    """A system and processor, in the words of krew and Go."""

    os: str
    arch: str

    @property
    def suffix(self) -> str:
        """The kind of archive that people of this system expect."""
        return "zip" if self.os == "windows" else "tar.gz"

    @property
    def binary(self) -> str:
        """The program inside of the archive."""
        return f"{PROGRAM}/{PROGRAM}{'.exe' if self.os == 'windows' else ''}"

    def archive(self, version: str = VERSION) -> str:
        """The archive's file name."""
        return f"{PROGRAM}_v{version}_{self.os}_{self.arch}.{self.suffix}"


PLATFORMS = tuple(Platform(os, arch) for os in ("linux", "darwin", "windows") for arch in ("amd64", "arm64"))


def this_platform() -> Platform:
    """The one we run on. Raises ReleaseError if it is none that we build for."""
    found = Platform(_SYSTEMS.get(sys.platform, sys.platform), _MACHINES.get(platform.machine().lower(), ""))
    if found not in PLATFORMS:
        raise ReleaseError(f"no archive is made for {sys.platform} on {platform.machine()}")
    return found
