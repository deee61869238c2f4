"""The function `tg.entry`: for addresses.

It takes the context and one block of 8-byte words: the parameters (the addresses of arrays' elements), the sizes, the
places of the results.
"""

from __future__ import annotations

from tangra.native.llvm_types import memory_type, register_type
from tangra.native.module import Module
from tangra.native.signature import Signature


def changed_parameters(module: Module, sig: Signature) -> set[int]:
    """The parameters that the function of `sig` writes, where it ends well or fails."""
    return {owner for owner in sig.written if owner is not None} | module.states[sig.name]


def write_entry(module: Module, sig: Signature) -> None:
    """Write the exported function for the function of `sig`."""
    module.functions.append(_Writer(sig).text())


class _Writer:
    """Writes it."""

    def __init__(self, sig: Signature) -> None:
        self.sig = sig
        self.lines: list[str] = []
        self.word = 0

    def text(self) -> str:
        args = ["ptr %ctx", *self._parameters(), *self._results()]
        call = f"  %status = call i32 {self.sig.name}({', '.join(args)})\n  ret i32 %status\n"
        return "define i32 @tg.entry(ptr %ctx, ptr %args) #0 {\n" + "\n".join(self.lines) + "\n" + call + "}"

    def _ins(self, name: str, text: str) -> str:
        self.lines.append(f"  %{name} = {text}")
        return f"%{name}"

    def _place(self, word: int) -> str:
        return self._ins(f"w{word}", f"getelementptr inbounds i64, ptr %args, i64 {word}")

    def _load(self, kind: str) -> str:
        word, self.word = self.word, self.word + 1
        place = self._place(word)
        return self._ins(f"x{word}", f"load {kind}, ptr {place}")

    def _parameters(self) -> list[str]:
        args: list[str] = []
        for type in self.sig.params:
            if type.shape:
                args.append(f"ptr {self._load('ptr')}")
                continue
            value = self._load(memory_type(type.dtype))
            if type.dtype.kind == "b":
                value = self._ins(f"{value[1:]}.b", f"trunc i8 {value} to i1")
            args.append(f"{register_type(type.dtype)} {value}")
        return args + [f"i64 {self._load('i64')}" for _ in self.sig.symbols]

    def _results(self) -> list[str]:
        args: list[str] = []
        for k, owner in enumerate(self.sig.written):
            if owner is not None:
                continue
            type = self.sig.results[k]
            if type.shape and not self.sig.dynamic(k):
                args.append(f"ptr {self._load('ptr')}")
            else:
                args.append(f"ptr {self._place(self.word)}")
                self.word += 1 + len(type.shape)
        return args
