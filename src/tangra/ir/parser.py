"""Reads the text that `tangra.ir.printer` writes back to the same program."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np

from tangra.ir.graph import Block, Func, Op, Value
from tangra.ir.opdef import lookup
from tangra.ir.types import DTYPES, ArrayType, TapeType, Type
from tangra.shapes import parse_size

_SPACE = re.compile(r"(?:\s|#[^\n]*)*")
_VALUE = re.compile(r"%(?:(\w+)\.)?(\d+)")
_FUNCTION = re.compile(r"@([\w.<>]+)")
_WORD = re.compile(r"[^\W\d]\w*")
_INT = re.compile(r"-?\d+(?![\w.])")
_FLOAT = re.compile(r"-?(?:0x[\da-f.]+p[+-]\d+|inf|nan)\b")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_ATTRIBUTES = re.compile(r"\s*\{\s*\w+ =")
_LITERALS = {"None": None, "True": True, "False": False}
_CLOSING = {"[": "]", "(": ")", "<": ">", "{": "}"}


class IRSyntaxError(ValueError):
    """Text that is no IR. The message has the line and what was expected."""


def parse(text: str) -> Func:
    """The last function in `text`, which may call the others. Result types are taken as written; see `verify`."""
    return list(parse_module(text).values())[-1]


def parse_module(text: str) -> dict[str, Func]:
    """All functions in `text` by name, in order."""
    functions = {name: Func(name, Block()) for name in re.findall(r"^func @([\w.<>]+)\(", text, re.MULTILINE)}
    if not functions:
        raise IRSyntaxError("no function in the text")
    parser = _Parser(text, functions)
    while not parser.at_end():
        parser.function()
    return functions


class _Parser:
    """Recursive descent over the text; `values` are those of the function being read, by number."""

    def __init__(self, text: str, functions: dict[str, Func]) -> None:
        self.text = text
        self.position = 0
        self.functions = functions
        self.values: dict[str, Value] = {}

    def fail(self, expected: str) -> IRSyntaxError:
        line = self.text.count("\n", 0, self.position) + 1
        found = self.text[self.position : self.position + 30].split("\n")[0]
        return IRSyntaxError(f"line {line}: expected {expected}, found {found!r}")

    def space(self) -> None:
        match = _SPACE.match(self.text, self.position)
        assert match is not None
        self.position = match.end()

    def at_end(self) -> bool:
        self.space()
        return self.position == len(self.text)

    def peek(self, token: str) -> bool:
        self.space()
        return self.text.startswith(token, self.position)

    def take(self, token: str) -> bool:
        """Whether `token` comes next; it is consumed if so."""
        found = self.peek(token)
        self.position += len(token) if found else 0
        return found

    def expect(self, token: str) -> None:
        if not self.take(token):
            raise self.fail(repr(token))

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        self.space()
        match = pattern.match(self.text, self.position)
        self.position = match.end() if match else self.position
        return match

    def need(self, pattern: re.Pattern[str], what: str) -> re.Match[str]:
        match = self.match(pattern)
        if match is None:
            raise self.fail(what)
        return match

    def bracketed(self, opening: str) -> str:
        """The text up to the bracket that closes `opening`, both consumed."""
        self.expect(opening)
        start, depth = self.position, 1
        while depth:
            if self.position >= len(self.text):
                raise self.fail(repr(_CLOSING[opening]))
            char = self.text[self.position]
            depth += (char == opening) - (char == _CLOSING[opening])
            self.position += 1
        return self.text[start : self.position - 1]

    def function(self) -> None:
        self.expect("func")
        func = self.functions[self.need(_FUNCTION, "a function name").group(1)]
        self.values = {}
        self.arguments(func.body)
        func.attrs = self.attributes()
        self.block(func.body)

    def block(self, block: Block) -> None:
        """Operations in braces, into `block`; the opening brace comes next."""
        self.expect("{")
        while not self.take("}"):
            block.ops.append(self.operation())

    def arguments(self, block: Block) -> None:
        self.expect("(")
        while not self.take(")"):
            number, name, type = self.typed()
            self.values[number] = block.add_arg(type, name)
            self.take(",")

    def typed(self) -> tuple[str, str, Type]:
        match = self.need(_VALUE, "a value")
        self.expect(":")
        return match.group(2), match.group(1) or "", self.type()

    def type(self) -> Type:
        word = self.need(_WORD, "a type").group()
        if word == "tape":
            inner = _Parser(self.bracketed("<"), {})
            return TapeType(tuple(inner.types()))
        if word not in DTYPES:
            raise self.fail("a type")
        if not self.text.startswith("[", self.position):
            return ArrayType(DTYPES[word])
        return ArrayType(DTYPES[word], tuple(parse_size(d) for d in split(self.bracketed("["))))

    def types(self) -> list[ArrayType]:
        found: list[ArrayType] = []
        while not self.at_end():
            type = self.type()
            assert isinstance(type, ArrayType)
            found.append(type)
            self.take(",")
        return found

    def operation(self) -> Op:
        results = []
        while self.peek("%"):
            results.append(self.typed())
            if not self.take(","):
                self.expect("=")
        defn = lookup(self.need(_WORD, "an operation").group())
        operands = self.operands()
        attrs, regions = self.attributes(), []
        while self.take("do"):
            region = Block()
            if self.peek("("):
                self.arguments(region)
            self.block(region)
            regions.append(region)
        op = Op(defn, operands, attrs, regions, [t for _, _, t in results], None)
        for (number, name, _), value in zip(results, op.results, strict=True):
            value.name = name
            self.values[number] = value
        return op

    def operands(self) -> list[Value]:
        """Values with commas between them, from the same line on."""
        found: list[Value] = []
        if self.text.startswith(" %", self.position):
            while not found or self.take(","):
                found.append(self.value(self.need(_VALUE, "a value").group(2)))
        return found

    def value(self, number: str) -> Value:
        try:
            return self.values[number]
        except KeyError:
            raise self.fail(f"a value defined before; %{number} is not") from None

    def attributes(self) -> dict[str, Any]:
        """`{name = value, ...}` if it comes next and is not a block."""
        attrs: dict[str, Any] = {}
        if not _ATTRIBUTES.match(self.text, self.position):
            return attrs
        self.expect("{")
        while not self.take("}"):
            name = self.need(_WORD, "an attribute").group()
            self.expect("=")
            attrs[name] = self.attribute()
            self.take(",")
        return attrs

    def attribute(self) -> Any:
        """One attribute value, as `printer` writes them."""
        if self.take("!"):
            return self.type()
        if self.take("`"):
            end = self.text.index("`", self.position)
            size, self.position = self.text[self.position : end], end + 1
            return parse_size(size)
        if (match := self.match(_FUNCTION)) is not None:
            return self.functions[match.group(1)]
        if (match := self.match(_STRING)) is not None:
            return json.loads(match.group())
        for opening in "([{":
            if self.peek(opening):
                return self.collection(opening)
        if (match := self.match(_FLOAT)) is not None:
            return float.fromhex(match.group())
        if (match := self.match(_INT)) is not None:
            return int(match.group())
        return self.named()

    def collection(self, opening: str) -> Any:
        self.expect(opening)
        items, keys = [], []
        while not self.take(_CLOSING[opening]):
            items.append(self.attribute())
            if opening == "{":
                self.expect(":")
                keys.append(items.pop())
                items.append(self.attribute())
            self.take(",")
        return tuple(items) if opening == "(" else items if opening == "[" else dict(zip(keys, items, strict=True))

    def named(self) -> Any:
        """A literal, a dtype, a NumPy scalar or an array."""
        word = self.need(_WORD, "an attribute value").group()
        if word in _LITERALS:
            return _LITERALS[word]
        if word == "array":
            dtype, shape = self.bracketed("<").split(", ", 1)
            data = np.array([number(n, dtype) for n in split(self.bracketed("("))], dtype).reshape(json.loads(shape))
            data.setflags(write=False)
            return data
        if self.text.startswith("(", self.position):
            return number(self.bracketed("("), word)
        if word not in DTYPES:
            raise self.fail("an attribute value")
        return DTYPES[word]


def split(text: str) -> list[str]:
    """`text` cut at the commas outside brackets; nothing of an empty text."""
    parts, depth, start = [], 0, 0
    for k, char in enumerate(text):
        depth += (char in "([{") - (char in ")]}")
        if char == "," and depth == 0:
            parts.append(text[start:k])
            start = k + 1
    return [*parts, text[start:]] if text.strip() else []


def number(text: str, dtype: str) -> Any:
    """A NumPy scalar of `dtype` from its exact text."""
    text, type = text.strip(), np.dtype(dtype).type
    if dtype == "bool":
        return type(text == "True")
    return type(float.fromhex(text) if dtype.startswith("float") else int(text))
