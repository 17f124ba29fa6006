"""Reads a line as PowerShell does, as far as a command to paste may go: all else is an error of the test.

Source: about_Parsing and about_Quoting_Rules of its documentation; tokenizer.cs, IsSingleQuote and ScanStringLiteral.
"""

from __future__ import annotations

import re

SINGLE_QUOTES = "'‘’‚‛"
# What has a meaning of its own outside of quotes, somewhere in a word.
_SPECIAL = re.compile(r"[\s\"`$@#&|;,(){}<>*?\[\]~!%^“”„–—―'‘’‚‛]")
_NUMBER = re.compile(r"[-+]?\.?\d")
_THEN = "; if ($?) { "


class NotAWord(AssertionError):
    """It would not be read as the word that stands there."""


def commands(line: str) -> list[list[str]]:
    """The words of each program that runs, one after the other; what is piped into comes after what it reads."""
    found, rest, depth = [], line, 0
    while True:
        words, rest = _command(rest)
        found.append(words)
        if rest.startswith("| "):
            rest = rest[2:]
        elif rest.startswith(_THEN):
            rest, depth = rest[len(_THEN) :], depth + 1
        else:
            break
    if rest != " }" * depth and rest.replace(" ", "") != "}" * depth:
        raise NotAWord(f"something stands behind the command: {rest!r}")
    return found


def _command(text: str) -> tuple[list[str], str]:
    words: list[str] = []
    while text and not text.startswith(("| ", _THEN, "}")):
        word, text = _word(text)
        words.append(word)
        if text and text[0] not in " ;":
            raise NotAWord(f"no blank behind {word!r}: {text!r}")
        text = text if text.startswith(_THEN) else text.lstrip(" ")
    return words, text


def _word(text: str) -> tuple[str, str]:
    if text[0] in SINGLE_QUOTES:
        return _quoted(text)
    end = min((i for i in (text.find(" "), text.find(";")) if i >= 0), default=len(text))
    word = text[:end]
    odd = not word or _SPECIAL.search(word) or _NUMBER.match(word)
    # https://github.com/PowerShell/PowerShell/issues/6291
    cut = word.startswith("-") and re.search("[.:]", word)
    if odd or cut or word == "--%" or not word.isascii():
        raise NotAWord(f"unquoted: {word!r}")
    return word, text[end:]


def _quoted(text: str) -> tuple[str, str]:
    found, i = "", 1
    while i < len(text):
        if text[i] not in SINGLE_QUOTES:
            found += text[i]
        elif text[i + 1 : i + 2] and text[i + 1] in SINGLE_QUOTES:
            found += text[i]
            i += 1
        else:
            return found, text[i + 1 :]
        i += 1
    raise NotAWord(f"the quotes do not end: {text!r}")


def handed_on(word: str) -> str:
    """What a program gets of a word from PowerShell 5.1, and its C runtime makes of that."""
    line = f'"{word}"' if re.search(r"\s", word) else word
    return "".join(_arguments(line))


def _arguments(line: str) -> list[str]:
    """The rules of CommandLineToArgvW, for one word."""
    found, current, quoted, i = [], "", False, 0
    while i < len(line):
        slashes = len(line[i:]) - len(line[i:].lstrip("\\"))
        i += slashes
        if line[i : i + 1] == '"':
            current += "\\" * (slashes // 2)
            if slashes % 2:
                current += '"'
            else:
                quoted = not quoted
            i += 1
            continue
        current += "\\" * slashes
        if i < len(line):
            if line[i] == " " and not quoted:
                found.append(current)
                current = ""
            else:
                current += line[i]
            i += 1
    return [*found, current]
