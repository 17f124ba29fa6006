"""A command takes a group of options as one parameter, and Typer sees each of them."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
import typer

from kubectl_ambient.cli.app import run
from kubectl_ambient.cli.options import Group, add, spread

seen: list[Any] = []


class Size(Group):
    """Two that go together."""

    height: Annotated[int, typer.Option("--height", help="How high.")] = 2
    width: Annotated[int, typer.Option("-w", "--width", help="How wide.")] = 3


def paint(
    ctx: typer.Context,
    colour: Annotated[str, typer.Argument()],
    *,
    first: Annotated[bool, typer.Option("--first")] = False,
    size: Size,
    last: Annotated[bool, typer.Option("--last")] = False,
) -> None:
    """Paint."""
    seen.append((type(ctx).__name__, colour, first, size, last))


@pytest.fixture
def command() -> Any:
    """The command as it is built."""
    seen.clear()
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    add(app, "paint", paint)
    return typer.main.get_command(app)


def test_the_options_of_a_group_stand_in_its_place(command: Any) -> None:
    names = [param.opts[0] for param in command.params]
    assert names[:5] == ["colour", "--first", "--height", "-w", "--last"]
    assert command.help == "Paint."


@pytest.mark.parametrize(
    ("words", "size"),
    [(["red"], Size()), (["red", "-w", "7"], Size(width=7)), (["red", "--height=1", "-w=7"], Size(height=1, width=7))],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_group_holds_what_was_typed(command: Any, words: list[str], size: Size) -> None:
    command(words, standalone_mode=False)
    assert [found[3] for found in seen] == [size]


def test_what_is_in_no_group_comes_as_it_is(command: Any) -> None:
    command(["red", "--last"], standalone_mode=False)
    assert seen == [("Context", "red", False, Size(), True)]


def test_an_option_that_two_groups_have_is_refused() -> None:
    def twice(*, size: Size, other: Size) -> None:
        """Never run."""

    twice.__annotations__ = {"size": Size, "other": Size}
    with pytest.raises(ValueError, match="duplicate parameter name: 'height'"):
        spread(twice)


def test_a_wrong_value_in_a_group_is_told_by_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["kubectl-ambient", "status", "--chunk-size", "x"]) == 2
    assert "--chunk-size" in capsys.readouterr().err
