"""Reading a symbolic size from Python syntax: the inverse of `str`."""

from __future__ import annotations

import re

from tangra.shapes.atoms import NAME
from tangra.shapes.dims import Size, symbol
from tangra.shapes.extrema import dmax, dmin

_TOKEN = re.compile(rf"\s*(?:(?P<number>\d+)|(?P<name>{NAME.pattern})|(?P<sign>//|\*\*|[-+*%(),]))")
_END = ""
MAX_DEPTH = 100
MAX_POWER = 32


class SizeSyntaxError(ValueError):
    """Text that is no symbolic size. `text` is all of it, `column` (from 0) where it stops making sense."""

    def __init__(self, message: str, text: str, column: int) -> None:
        super().__init__(message, text, column)
        self.message = message
        self.text = text
        self.column = column

    def __str__(self) -> str:
        return f"{self.message} at column {self.column + 1} of {self.text!r}"


def parse_size(text: str) -> Size:
    """The size written as `text`: ints, symbols, `+ - * // % **`, `max(...)`, `min(...)`, parentheses.

    Raises `SizeSyntaxError` (a ValueError) for anything else and ZeroDivisionError for a division by a literal 0.
    """
    return _Parser(text).whole()


class _Parser:
    """Recursive descent with Python's precedences: sums, products, signs, powers, words."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[tuple[str, int]] = []
        self.next = 0
        self.depth = 0
        position = 0
        end = len(text.rstrip())
        while position < end:
            match = _TOKEN.match(text, position)
            if match is None:
                spaces = len(text[position:]) - len(text[position:].lstrip())
                raise SizeSyntaxError(f"unexpected {text[position + spaces]!r}", text, position + spaces)
            token = match.group(match.lastgroup or 0)
            self.tokens.append((token, match.end() - len(token)))
            position = match.end()

    def peek(self) -> str:
        return self.tokens[self.next][0] if self.next < len(self.tokens) else _END

    def take(self) -> str:
        token = self.peek()
        self.next += 1
        return token

    def fail(self, message: str) -> SizeSyntaxError:
        column = self.tokens[self.next][1] if self.next < len(self.tokens) else len(self.text)
        return SizeSyntaxError(message, self.text, column)

    def expect(self, token: str) -> None:
        if self.peek() != token:
            raise self.fail(f"expected {token!r}")
        self.next += 1

    def whole(self) -> Size:
        size = self.sum()
        if self.peek() != _END:
            raise self.fail(f"unexpected {self.peek()!r}")
        return size

    def sum(self) -> Size:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.fail(f"more than {MAX_DEPTH} nested parentheses")
        size = self.product()
        while self.peek() in ("+", "-"):
            size = size + self.product() if self.take() == "+" else size - self.product()
        self.depth -= 1
        return size

    def product(self) -> Size:
        size = self.signed()
        while self.peek() in ("*", "//", "%"):
            sign = self.take()
            right = self.signed()
            size = size * right if sign == "*" else size // right if sign == "//" else size % right
        return size

    def signed(self) -> Size:
        negative = False
        while self.peek() in ("+", "-"):
            negative ^= self.take() == "-"
        size = self.power()
        return -size if negative else size

    def power(self) -> Size:
        base = self.word()
        if self.peek() != "**":
            return base
        self.next += 1
        if not self.peek().isdecimal() or int(self.peek()) > MAX_POWER:
            raise self.fail(f"expected an exponent from 0 to {MAX_POWER}")
        result: Size = 1
        for _ in range(int(self.take())):
            result = result * base
        if self.peek() == "**":
            raise self.fail("unexpected '**' after a power")
        return result

    def word(self) -> Size:
        token = self.peek()
        if token == "(":
            self.next += 1
            size = self.sum()
            self.expect(")")
            return size
        if token.isdecimal():
            return int(self.take())
        if token == _END or token[0] in "+-*/%),":
            raise self.fail("expected a size")
        self.next += 1
        if self.peek() != "(":
            return symbol(token)
        if token not in ("max", "min"):
            raise self.fail(f"{token} is no function of sizes; only max and min are")
        return self.extremum(token)

    def extremum(self, name: str) -> Size:
        self.expect("(")
        args = [self.sum()]
        while self.peek() == ",":
            self.next += 1
            args.append(self.sum())
        self.expect(")")
        return dmax(*args) if name == "max" else dmin(*args)
