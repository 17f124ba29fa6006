"""Where a command that only reads looks: a cluster, or the files of `-f`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from kubectl_ambient.kube.errors import UsageError
from kubectl_ambient.kube.options import ConnectionOptions

if TYPE_CHECKING:
    from kubectl_ambient.shell.aim import Aim


class Origin(Struct, frozen=True, kw_only=True):
    """The files, or without any the cluster. `chunk_size`: how many objects one page of a list holds; 0 for all.

    whole: the files hold the whole cluster, whatever they show of it. assumptions: each thing that is taken for granted
    is to be printed, however many there are. namespace_selector: of all namespaces only those whose labels it chooses.
    """

    connection: ConnectionOptions
    all_namespaces: bool = False
    filenames: tuple[str, ...] = ()
    recursive: bool = False
    whole: bool = False
    chunk_size: int | None = None
    assumptions: bool = False
    namespace_selector: str = ""

    @classmethod
    def of(
        cls,
        connection: ConnectionOptions,
        filenames: Sequence[str] | None,
        *,
        recursive: bool,
        chunk_size: int | None,
        all_namespaces: bool = False,
        whole: bool = False,
        assumptions: bool = False,
        namespace_selector: str = "",
    ) -> Origin:
        """As the flags were typed. Raises UsageError."""
        if whole and not filenames:
            raise UsageError("error: --whole-cluster says what the files of -f hold: type them as well")
        if namespace_selector:
            _check_namespace_selector(namespace_selector, connection)
        return cls(
            connection=connection,
            all_namespaces=all_namespaces or bool(namespace_selector),
            filenames=tuple(filenames or ()),
            recursive=recursive,
            whole=whole,
            chunk_size=chunk_size,
            assumptions=assumptions,
            namespace_selector=namespace_selector,
        )

    @property
    def namespace(self) -> str:
        """The namespace that was typed; empty for all of them, and where none was."""
        return "" if self.all_namespaces else self.connection.namespace

    @property
    def aim(self) -> Aim:
        """Leads a command to the same cluster."""
        from kubectl_ambient.runs.aim import aim_of

        return aim_of(self.connection)

    @property
    def aim_at_files(self) -> Aim:
        """Leads a command that reads to the same place."""
        from kubectl_ambient.runs.aim import aim_of

        files = tuple(("-f", name) for name in self.filenames)
        flags = [(flag,) for flag, typed in (("-R", self.recursive), ("--whole-cluster", self.whole)) if typed]
        return aim_of(self.connection, (*files, *flags))


def _check_namespace_selector(selector: str, connection: ConnectionOptions) -> None:
    from kubectl_ambient.kube.selectors import parse_label_selector

    parse_label_selector(selector)
    if connection.namespace:
        raise UsageError("error: --namespace-selector chooses among all namespaces: it goes without -n")
