"""kubectl's connection flags, on every command, in one place."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import typer
from typer.core import TyperCommand, TyperOption

from kubectl_ambient.kube.errors import UsageError
from kubectl_ambient.kube.options import ConnectionOptions

_META = "kubectl_ambient.connection"
_LONG = re.compile(r"(--[a-z][a-z-]*)=(.*)", re.DOTALL)
_SHORT = re.compile(r"-[A-Za-z]+=")
_DRY_RUNS = [[word] for word in ("none", "client", "server", "true", "false")]


def _keep(field: str) -> Callable[[Any, Any, Any], Any]:
    def callback(ctx: typer.Context, _param: object, value: Any) -> Any:
        if isinstance(value, list):
            value = tuple(value)
        ctx.meta.setdefault(_META, {})[field] = value
        return value

    return callback


def _option(field: str, *names: str, help: str, hidden: bool = True, **settings: Any) -> TyperOption:
    default: Any = settings.pop("default", "")
    return TyperOption(
        param_decls=[*names, field],
        help=help,
        default=default,
        hidden=hidden,
        expose_value=False,
        callback=_keep(field),
        **settings,
    )


def connection_flags() -> list[TyperOption]:
    """The flags, with kubectl's names; those that are rarely typed are left out of `--help`."""
    flag: dict[str, Any] = {"is_flag": True, "default": False}
    many: dict[str, Any] = {"multiple": True, "default": ()}
    return [
        _option("namespace", "-n", "--namespace", help="The namespace; else that of the context.", hidden=False),
        _option("context", "--context", help="The kubeconfig context to use.", hidden=False),
        _option("kubeconfig", "--kubeconfig", help="The kubeconfig file to use.", hidden=False),
        _option("as_user", "--as", help="The user to act as.", hidden=False),
        _option(
            "request_timeout",
            "--request-timeout",
            help="How long one request may take (1s, 2m).",
            hidden=False,
            default="0",
        ),
        _option("kuberc", "--kuberc", help="The kuberc file to use: which credential plugins may run."),
        _option("cluster", "--cluster", help="The kubeconfig cluster to use."),
        _option("user", "--user", help="The kubeconfig user to use."),
        _option("server", "-s", "--server", help="The address of the API server."),
        _option("token", "--token", help="The bearer token to use."),
        _option("client_certificate", "--client-certificate", help="A client certificate file."),
        _option("client_key", "--client-key", help="A client key file."),
        _option("certificate_authority", "--certificate-authority", help="A file of trusted certificates."),
        _option(
            "insecure_skip_tls_verify",
            "--insecure-skip-tls-verify",
            help="Do not check the server's certificate.",
            **flag,
        ),
        _option("tls_server_name", "--tls-server-name", help="The name to check the server's certificate for."),
        _option("as_uid", "--as-uid", help="The UID to act as."),
        _option("as_groups", "--as-group", help="A group to act as; may be repeated.", **many),
        _option("as_user_extra", "--as-user-extra", help="An extra (key=value) to act with.", **many),
        _option("disable_compression", "--disable-compression", help="Do not ask for compressed answers.", **flag),
    ]


class KubeCommand(TyperCommand):
    """A command that takes kubectl's connection flags, and values as kubectl writes them (`--all=true`, `-o=json`)."""

    def __init__(self, *args: Any, params: list[Any] | None = None, **settings: Any) -> None:
        settings["epilog"] = "All of kubectl's connection flags are taken: see “kubectl options”."
        super().__init__(*args, params=[*(params or []), *connection_flags()], **settings)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Write what our parser does not know in words that it does."""
        takes_value = {name: not getattr(p, "is_flag", False) for p in self.params for name in p.opts}
        plain: list[str] = []
        for position, arg in enumerate(args):
            if arg == "--":
                plain += args[position:]
                break
            if arg == "--dry-run" and args[position + 1 : position + 2] not in _DRY_RUNS:
                raise UsageError(
                    "error: --dry-run flag without a value was specified. "
                    'A value must be set: "none", "server", or "client".'
                )
            plain += _plain(arg, takes_value)
        return super().parse_args(ctx, plain)


def _plain(arg: str, takes_value: Mapping[str, bool]) -> list[str]:
    """`--all=true` as `--all`, `--all=false` as nothing, `-o=json` as `-o json`; all else as it is."""
    if found := _LONG.fullmatch(arg):
        return [arg] if takes_value.get(found[1], True) else _boolean(arg, found[1], found[2])
    if not _SHORT.match(arg):
        return [arg]
    for position, letter in enumerate(arg[1:], 1):
        flag, last = f"-{letter}", arg[position + 1 : position + 2] == "="
        if flag not in takes_value or (takes_value[flag] and not last):
            break  # as in `-lapp=web`, which is -l with its value
        if last:
            before = [arg[:position]] if position > 1 else []
            value = arg[position + 2 :]
            found_here = [flag, value] if takes_value[flag] else _boolean(arg, flag, value)
            return [arg] if found_here == [arg] else before + found_here
    return [arg]


def _boolean(arg: str, flag: str, value: str) -> list[str]:
    return {"true": [flag], "false": []}.get(value, [arg])


def behind_the_command(words: Sequence[str]) -> list[str]:
    """`-n shop status web` as `status -n shop web`; words that begin otherwise stay as they are.

    kubectl's connection flags may stand before the verb (`kubectl -n shop get pods`); so they may before ours.
    """
    takes_value = {name: not flag.is_flag for flag in connection_flags() for name in flag.opts}
    first = 0
    while first < len(words) and words[first].startswith("-"):
        name, equals, _ = words[first].partition("=")
        flag = name if name.startswith("--") else name[:2]
        if flag not in takes_value:
            return list(words)
        value_is_next = takes_value[flag] and flag == name and not equals
        first += 2 if value_is_next else 1
    return [*words[first : first + 1], *words[:first], *words[first + 1 :]]


def connection(ctx: typer.Context) -> ConnectionOptions:
    """The connection flags that were typed."""
    return ConnectionOptions(**ctx.meta.get(_META, {}))
