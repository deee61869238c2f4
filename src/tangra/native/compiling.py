"""`compile_func`: an IR function to machine code."""

from __future__ import annotations

from dataclasses import replace

from tangra.ir import Func
from tangra.native import engine, operations, pyapi, symbols, wrapper
from tangra.native.emit_calls import write_callees
from tangra.native.emit_function import write_function
from tangra.native.entries import changed_parameters, write_entry
from tangra.native.function import WRAPPER, Form, NativeFunction
from tangra.native.marks import EXPORTS, Gauges
from tangra.native.module import Module
from tangra.native.options import NativeOptions, unoptimised
from tangra.native.signature import Signature


def emit_module(func: Func, options: NativeOptions) -> tuple[Module, Signature]:
    """The LLVM module for `func` and all it calls; and how its main function, which it exports, is called."""
    assert operations.MODULES
    module = Module(options)
    write_callees(module, func)
    return module, write_function(module, func, "@tg.main", exported=True)


def calling_module(sig: Signature, options: NativeOptions) -> Module:
    """The module of the functions through which the one of `sig` is called. It is apart, since each of them does a
    thing once: optimising them takes longer than optimising many a program, and gains nothing measurable."""
    calls = Module(replace(options, marked=False))
    calls.declare(sig.declaration)
    write_entry(calls, sig)
    return calls


def compile_func(
    func: Func, *, options: NativeOptions | None = None, planner: wrapper.Planner | None = None
) -> NativeFunction:
    """Compile `func`; with a wrapper, if there is a planner that knows how. See `NativeFunction` for the result."""
    options = options or NativeOptions()
    module, sig = emit_module(func, options)
    calls = calling_module(sig, options)
    wrapped = wrapper.wrap(calls, module, sig, func, planner) if planner is not None and pyapi.understood() else None
    text = module.text()
    made = [engine.compiled(text, options), engine.compiled(calls.text(), unoptimised(options))]
    form = Form(
        func.name,
        sig,
        options,
        tuple(module.records),
        module.tapes,
        module.uses_arena,
        frozenset(changed_parameters(module, sig)),
        tuple(name for name, _ in made),
        frozenset(module.symbols | calls.symbols),
        ("tg.entry", *((WRAPPER,) if wrapped else ()), *(EXPORTS if options.marked else ())),
        None if wrapped is None else wrapped.form(),
        not any(name.startswith(symbols.DATA) for name in module.symbols),
        module.beside,
    )
    function = form.linked([code for _, code in made], text)
    function.func = func  # its large constants are used where they lie
    if module.marks is not None:
        function.gauges = Gauges(module.marks, *(function.loaded.addresses[name] for name in EXPORTS))
    return function
