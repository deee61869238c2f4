"""LLVM at work: parse text, optimise, generate machine code, load it."""

from __future__ import annotations

import ctypes
import hashlib
import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from tangra import disk, sources
from tangra.native import symbols
from tangra.native.library import LOCK, library
from tangra.native.options import NativeOptions

LARGE_LINES = 4000
"""A module with more lines is compiled without unrolling and interleaving loops, which multiply code, and without the
vectoriser of straight-line code, which takes a fifth of the time of all passes."""
HUGE_LINES = 15000
"""One with more lines than this is not vectorised: that takes time in proportion to the square of the loops."""
LLVM_OPTION = "-fast-isel=false"
"""The selector of instructions for code that is not optimised moves a load behind a store to the same place, if what is
loaded goes around a loop into what is stored (seen with LLVM 22). The other one takes a twentieth more time."""
OPTIONS_OF = 22
"""The LLVM whose options these are; another may not know them, and would end the process."""
LLVM_OPTIONS = ("-enable-masked-interleaved-mem-accesses",)
"""Elements several places apart are written by wide stores with a mask, not one by one."""
LINKED_BY_ONE = 64
"""Modules that one linker links."""
_lock = LOCK
_numbers = itertools.count()


def __getattr__(name: str) -> Any:
    """LLVM is imported when it is first needed, which takes a while."""
    if name != "llvm":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import llvmlite.binding

    globals()["llvm"] = llvmlite.binding
    return llvmlite.binding


def _llvm() -> Any:
    return globals().get("llvm") or __getattr__("llvm")


@cache
def _target() -> Any:
    llvm = _llvm()
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    for option in (LLVM_OPTION, *(LLVM_OPTIONS if llvm.llvm_version_info[0] == OPTIONS_OF else ())):
        llvm.set_option("tangra", option)
    return llvm.Target.from_default_triple()


@cache
def host_features() -> str:
    """The CPU's features by name; its model name is not used, which would choose features of its own."""
    lean = library()
    if lean is not None:
        return lean.features()
    _target()
    return str(_llvm().get_host_cpu_features().flatten())


@cache
def widest_vectors() -> int:
    """The bits of the CPU's widest vectors that LLVM makes use of."""
    return 512 if "+avx512f" in host_features().split(",") else 256


@cache
def second_cache() -> int:
    """The bytes of a core's second level of cache, as Linux tells them; elsewhere 2^20."""
    try:
        text = Path("/sys/devices/system/cpu/cpu0/cache/index2/size").read_text().strip()
    except OSError:
        return 1 << 20
    factor = {"K": 1 << 10, "M": 1 << 20}.get(text[-1:])
    return int(text[:-1]) * factor if factor and text[:-1].isdigit() else 1 << 20


@cache
def _machine(codegen: int) -> Any:
    return _target().create_target_machine(features=host_features(), opt=codegen, reloc="pic", codemodel="default")


@lru_cache(maxsize=1)
def _linker(number: int) -> Any:
    """JITLink puts an object's sections side by side; the older linker places each where there is room, and aborts the
    process when they are too far apart to reach each other.

    A linker never forgets the names of what it linked, some 8 KB each time, even when the code is unloaded. So each
    links a few objects only, and goes when the last of their code does; `number` tells them apart.
    """
    lean = library()
    if lean is not None:
        return lean.linker(host_features())
    machine = _target().create_target_machine(features=host_features(), reloc="pic", codemodel="default")
    return _llvm().create_lljit_compiler(machine, use_jit_link=True)


@dataclass(frozen=True)
class Loaded:
    """Machine code in memory: the addresses of what it exports, and what must stay alive for them."""

    addresses: dict[str, int]
    keep: Any


def optimise(text: str, options: NativeOptions) -> Any:
    """The LLVM module of `text` after the pass pipeline; at level 0 there is none.

    LLVM's vectoriser of straight-line code can leave a module in which a value is used before it is computed (seen with
    LLVM 22), from which the code generator makes nonsense or aborts. So the result is verified, and made again without
    that pass where it is not valid.
    """
    if options.optimise == 0:
        return _llvm().parse_assembly(text, _llvm().create_context())
    straight_line = text.count("\n") < LARGE_LINES
    module = _run_passes(text, options, straight_line)
    try:
        module.verify()
    except RuntimeError:
        if not straight_line:
            raise
        module = _run_passes(text, options, straight_line=False)
        module.verify()
    return module


def _run_passes(text: str, options: NativeOptions, straight_line: bool) -> Any:
    from tangra.native import variants

    llvm = _llvm()
    context = llvm.create_context()
    module = llvm.parse_assembly(text, context)
    lines = text.count("\n")
    tuning = llvm.create_pipeline_tuning_options(speed_level=options.optimise if lines < HUGE_LINES else 1)
    tuning.loop_vectorization = lines < HUGE_LINES
    tuning.slp_vectorization = straight_line
    tuning.loop_interleaving = tuning.loop_unrolling = lines < LARGE_LINES
    builder = llvm.create_pass_builder(_machine(options.codegen), tuning)
    run_passes(builder.getModulePassManager(), module, builder)
    if variants.declared(text):
        variants.inline(module, context, builder, host_features())
    return module


def run_passes(passes: Any, module: Any, builder: Any) -> None:
    """Run a pass manager, which is not needed afterwards. That of llvmlite 0.50 does not dispose of itself: the method
    that would is hidden by one that does nothing."""
    passes.run(module, builder)
    ffi = _llvm().ffi
    if type(passes)._dispose is ffi.ObjectRef._dispose:
        ffi.lib.LLVMPY_DisposeNewModulePassManger(passes)
        passes.detach()
    else:
        passes.close()


def compile_object(text: str, options: NativeOptions) -> bytes:
    """Machine code of the LLVM module `text`, as an object file's bytes; from the cache on disk if it was made before.
    Safe to call from several threads."""
    return compiled(text, options)[1]


def compiled(text: str, options: NativeOptions) -> tuple[str, bytes]:
    """The name in the cache of what `text` compiles to, and that; see `compile_object`."""
    name = cache_key(text, options)
    found = disk.get(name)
    if found is None:
        found = _emitted(text, options)
        disk.put(name, found)
    return name, found


def _emitted(text: str, options: NativeOptions) -> bytes:
    with _lock:
        return bytes(_machine(options.codegen).emit_object(optimise(text, options)))


def cache_key(text: str, options: NativeOptions) -> str:
    """The name in the cache of what `text` compiles to."""
    from tangra.native import variants

    return disk.key(text, *variants.texts(text, host_features()), f"{options.optimise} {options.codegen}", machine())


@cache
def machine() -> str:
    """What machine code depends on beside its text: LLVM, and the processor."""
    lean = library()
    if lean is not None:
        parts = lean.version, lean.llvm_version(), lean.text("GetDefaultTargetTriple")
    else:
        import llvmlite

        parts = llvmlite.__version__, _llvm().llvm_version_info, _llvm().get_default_triple()
    return "\n".join([*map(str, parts), host_features(), _pipeline()])


def _pipeline() -> str:
    """What tells this file from others: another choice of passes makes other machine code of the same text."""
    with open(__file__, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def assembly(text: str, options: NativeOptions) -> str:
    """The assembly that `text` compiles to, for looking at."""
    with _lock:
        return str(_machine(options.codegen).emit_assembly(optimise(text, options)))


def load(objects: Sequence[bytes], names: set[str], exports: Sequence[str]) -> Loaded:
    """Link object files that may call each other into this process; `names` are the outside functions they may call,
    `exports` functions and variables of their own."""
    with _lock:
        known = names | symbols.WIDE_DIVISIONS
        called = sorted(name for name in known if any(name.encode() in code for code in objects))
        imports = {name: symbols.address(name) for name in called}
        number, lean = next(_numbers), library()
        linker, unit = _linker(number // LINKED_BY_ONE), f"tangra{number}"
        if lean is not None:
            return Loaded(*lean.link(linker, unit, objects, imports, exports))
        builder = _llvm().JITLibraryBuilder()
        for code in objects:
            builder.add_object_img(code)
        for name in exports:
            builder.export_symbol(name)
        for name, address in imports.items():
            builder.import_symbol(name, address)
        made = builder.link(linker, unit)
    return Loaded({name: made[name] for name in exports}, made)


def entry_point(loaded: Loaded) -> Any:
    """The entry function as a ctypes callable of two addresses; a call releases the GIL."""
    return ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)(loaded.addresses["tg.entry"])


@dataclass(frozen=True)
class Source:
    """The text of a module of ours, the outside functions it calls, and what it exports."""

    text: str
    needs: Iterable[str]
    exports: Sequence[str]


def load_own(what: str, variant: str, write: Callable[[], Source]) -> Loaded:
    """A module of ours that depends on this package and on `variant` only, linked; `write` is not called where its
    machine code is in the cache."""
    name = disk.key(what, variant, sources.fingerprint(), machine())
    found = disk.get(name)
    if found is None:
        source = write()
        code = _emitted(source.text, NativeOptions())
        needs, exports = sorted(source.needs), list(source.exports)
        disk.put(name, f"{' '.join(needs)}\n{' '.join(exports)}\n".encode() + code)
    else:
        head, tail, code = found.split(b"\n", 2)
        needs, exports = head.decode().split(), tail.decode().split()
    return load([code], set(needs), exports)
