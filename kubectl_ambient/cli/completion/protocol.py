"""What kubectl and the shells' scripts are answered: candidates, and a directive of cobra's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# Of cobra's ShellCompDirective, which kubectl hands on to the shell (cobra, completions.go).
NO_SPACE = 2
NO_FILES = 4


@dataclass(frozen=True, slots=True)
class Answer:
    """Candidates with their descriptions ("" for none), and cobra's directive for the shell."""

    candidates: Mapping[str, str]
    directive: int = NO_FILES

    def __str__(self) -> str:
        lines = [f"{value}\t{text}" if text else value for value, text in self.candidates.items()]
        return "".join(f"{line}\n" for line in [*lines, f":{self.directive}"])


NOTHING = Answer({})
FILES = Answer({}, 0)  # no candidates, and nothing against files: then the shell offers them
