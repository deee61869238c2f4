"""How the LLVM function of an IR function is called."""

from __future__ import annotations

from dataclasses import dataclass

from tangra.ir.types import ArrayType
from tangra.native.llvm_types import register_type
from tangra.shapes import Dim, Size, Symbol, symbols_of


@dataclass(frozen=True)
class Signature:
    """How the LLVM function of an IR function is called: `name(ctx, parameters, symbols, results)`.

    `symbols`: size symbols passed as i64, by name. Each result is a pointer: to where a scalar goes; to memory for an
    array whose shape the symbols tell; else (`dynamic`) to words that receive the address of malloc'ed memory and the
    dims. `written`: per result the parameter whose memory receives it (then no pointer is passed), or None.
    """

    name: str
    params: tuple[ArrayType, ...]
    symbols: tuple[str, ...]
    results: tuple[ArrayType, ...]
    written: tuple[int | None, ...]

    @property
    def operands(self) -> list[tuple[str, str]]:
        """Names and types of the LLVM function's parameters."""
        given = [("%ctx", "ptr")]
        given += [(f"%arg{k}", "ptr" if t.shape else register_type(t.dtype)) for k, t in enumerate(self.params)]
        given += [(f"%sym{k}", "i64") for k in range(len(self.symbols))]
        return given + [(f"%res{k}", "ptr") for k, owner in enumerate(self.written) if owner is None]

    @property
    def declaration(self) -> str:
        """What another module says to call the function."""
        return f"declare i32 {self.name}({', '.join(noalias(type) for _, type in self.operands)}) nounwind"

    def dynamic(self, k: int) -> bool:
        """Whether result `k` has a shape that is known only after the call."""
        names = frozenset(self.symbols)
        return any(not symbols_of(size) <= names for size in self.results[k].shape)


def noalias(type: str) -> str:
    """The type of a parameter, which is no other pointer's memory."""
    return "ptr noalias" if type == "ptr" else type


def whole_symbol(size: Size) -> str | None:
    """The symbol that `size` is, if it is just one."""
    atom = size.single_atom if isinstance(size, Dim) else None
    return atom.name if isinstance(atom, Symbol) else None
