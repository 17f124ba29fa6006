"""`python .ci/release COMMAND`: the same on Linux, macOS and Windows, with nothing installed."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

# Run as a folder, Python looks for modules inside of it: our package is one above.
sys.path[0] = str(Path(__file__).resolve().parents[1])

from release import build, glibc, lock, manifest, smoke, wheel  # noqa: E402
from release.project import DIST, PLATFORMS, ReleaseError  # noqa: E402


def _build(words: argparse.Namespace) -> None:
    target = build.build(words.out.resolve())
    need = build.needed_glibc(target)
    print(f"{target}: {target.stat().st_size:,} bytes{f', needs {need}' if need else ''}")


def _wheel(words: argparse.Namespace) -> None:
    for path in wheel.build(words.out.resolve()):
        print(path)


def _lock(words: argparse.Namespace) -> None:
    for path in lock.write(upgrade=words.upgrade):
        print(path)


def _check(words: argparse.Namespace) -> None:
    by_name = {platform.archive(): platform for platform in PLATFORMS}
    for path in words.archives:
        if path.name not in by_name:
            raise ReleaseError(f"{path.name} is not the name of an archive of this version: {', '.join(by_name)}")
        build.check(path, by_name[path.name])


def _glibc(words: argparse.Namespace) -> None:
    for path in words.archives:
        files = glibc.files_by_need(path)
        if too_new := [f"{name} needs {glibc.text(v)}" for v, name in files if v > glibc.parse(words.max)]:
            raise ReleaseError(f"{path.name} needs a glibc newer than {words.max}: {'; '.join(too_new)}")


def _manifest(words: argparse.Namespace) -> None:
    print(manifest.write_release(words.dist, every=words.all))


def _tree(_: argparse.Namespace) -> None:
    for path in manifest.write_tree():
        print(path)


def _smoke(words: argparse.Namespace) -> None:
    smoke.smoke(words.dist.resolve(), krew=words.krew.resolve(), kubectl=words.kubectl.resolve())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python .ci/release", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    command = commands.add_parser("build", help="build the archive of this platform")
    command.add_argument("--out", type=Path, default=DIST, help="the folder for it")
    command.set_defaults(run=_build)

    command = commands.add_parser("wheel", help="build the sdist and the wheel")
    command.add_argument("--out", type=Path, default=DIST, help="the folder for them")
    command.set_defaults(run=_wheel)

    command = commands.add_parser("lock", help="write the lock files anew, as pyproject.toml wants them")
    command.add_argument("--upgrade", action="store_true", help="to the newest versions that it allows")
    command.set_defaults(run=_lock)

    command = commands.add_parser("check", help="hold archives to krew's rules")
    command.add_argument("archives", type=Path, nargs="+")
    command.set_defaults(run=_check)

    command = commands.add_parser("glibc", help="hold archives for Linux to an old glibc")
    command.add_argument("--max", required=True, help="the newest version that they may need, such as 2.28")
    command.add_argument("archives", type=Path, nargs="+")
    command.set_defaults(run=_glibc)

    command = commands.add_parser("manifest", help="write the manifest of the archives that are there")
    command.add_argument("--dist", type=Path, default=DIST, help="the folder with them")
    command.add_argument("--all", action="store_true", help="refuse if one platform's is missing")
    command.set_defaults(run=_manifest)

    command = commands.add_parser("tree", help="write plugin.yaml and krew.yaml anew")
    command.set_defaults(run=_tree)

    command = commands.add_parser("smoke", help="install this platform's archive with krew, use it, remove it")
    command.add_argument("--dist", type=Path, default=DIST, help="the folder with it and its manifest")
    command.add_argument("--krew", type=Path, default=shutil.which("krew"), required=not shutil.which("krew"))
    command.add_argument("--kubectl", type=Path, default=shutil.which("kubectl"), required=not shutil.which("kubectl"))
    command.set_defaults(run=_smoke)
    return parser


if __name__ == "__main__":
    chosen = _parser().parse_args()
    try:
        chosen.run(chosen)
    except ReleaseError as error:
        sys.exit(f"error: {error}")
