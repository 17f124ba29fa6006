"""Commands run in turn, and one that fails is told. How long they take is not looked at."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.bench.measure import in_turn, run


def writes(word: str, file: Path) -> list[str]:
    return [sys.executable, "-c", f"open({str(file)!r}, 'a').write({word!r})"]


def test_commands_run_in_turn_once_more_than_counted(tmp_path: Path) -> None:
    file = tmp_path / "order"
    medians = in_turn([writes("a", file), writes("b", file)], 2)
    assert file.read_text() == "ababab"
    assert [median.runs for median in medians] == [2, 2]


def test_words_that_are_found_late_are_found_for_each_run(tmp_path: Path) -> None:
    file, words = tmp_path / "order", iter("xyz")
    in_turn([lambda: writes(next(words), file)], 2)
    assert file.read_text() == "xyz"


def test_a_command_that_fails_is_told() -> None:
    failing = [sys.executable, "-c", "import sys; sys.exit('no such thing')"]
    with pytest.raises(RuntimeError, match="exited with 1: no such thing"):
        run(failing)
