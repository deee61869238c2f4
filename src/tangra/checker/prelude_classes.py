"""Classes of libraries that the evaluator has programs for (`prelude`) or knows itself, as values."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tangra.checker.dispatch import execute_one
from tangra.checker.evaluator import Frame
from tangra.checker.heap import ClassCell, LibraryName, ModuleCell
from tangra.checker.source import read

if TYPE_CHECKING:
    from tangra.checker.evaluator import Evaluator

MODULE = "torch.nn.Module"
FLAX_MODULE = "flax.linen.Module"
CONTAINERS = {
    "contextvars": "contextvars.py",
    "$abstract": "abstract.py",
    "torch.nn": "torch_nn.py",
    "torch.utils.data": "torch_data.py",
    "torch.ao.quantization": "torch_quantization.py",
}
SYNONYMS = {
    "torch.nn.modules.Module": MODULE,
    "torch.nn.modules.module.Module": MODULE,
    "torch.nn.modules.container.Sequential": "torch.nn.Sequential",
    "torch.nn.modules.Sequential": "torch.nn.Sequential",
    "torch.jit.ScriptModule": MODULE,
    "flax.linen.module.Module": FLAX_MODULE,
    "pytorch_lightning.LightningModule": MODULE,
    "lightning.LightningModule": MODULE,
    "lightning.pytorch.LightningModule": MODULE,
}
QUANTIZATION = "torch.ao.quantization"
SYNONYMS |= {
    f"{package}.{name}": f"{QUANTIZATION}.{name}"
    for package in ("torch.nn.quantized", "torch.ao.nn.quantized", "torch.quantization")
    for name in ("FloatFunctional", "QuantStub", "DeQuantStub")
}
PLAIN = ("torch.autograd.Function", "builtins.object")


def prelude_class(ev: Evaluator, dotted: str) -> ClassCell | None:
    """The class of this name, or None if there is none here."""
    dotted = SYNONYMS.get(dotted, dotted)
    known = ev.library_classes.get(dotted)
    if known is not None:
        return known
    if dotted == MODULE:
        return _module_class(ev)
    if dotted == FLAX_MODULE:
        from tangra.checker.flax_modules import module_class

        return ev.library_classes.setdefault(dotted, module_class())
    package = dotted.rpartition(".")[0]
    if package in CONTAINERS and package not in ev.preludes:
        ev.preludes.add(package)
        _load(ev, package)
        return ev.library_classes.get(dotted)
    return None


def _module_class(ev: Evaluator) -> ClassCell:
    from tangra.checker.natives.torch_modules import module_fields

    cls = ClassCell("Module", ())
    cls.dotted = MODULE
    cls.fields = module_fields()
    ev.library_classes[MODULE] = cls
    return cls


def _load(ev: Evaluator, package: str) -> None:
    """Evaluate a prelude; its frames have no file, so that failures are reported where the user's program calls."""
    from tangra.checker.natives.loaders import PRIMITIVES

    tree = read(Path(__file__).parent / "prelude" / CONTAINERS[package]).tree
    module = ModuleCell(package, None)
    fixed = {"Module": prelude_class(ev, MODULE), "torch": LibraryName("torch"), **PRIMITIVES}
    module.fields.update(fixed)
    outer, ev.frames = ev.frames, [Frame(None, module, None, None)]
    steps = ev.steps
    try:
        for statement in tree.body if tree is not None else ():
            execute_one(ev, statement)
            module.fields.update(fixed)
    finally:
        ev.frames = outer
        ev.steps = steps
        ev.resolved.clear()  # what was looked up before is a class now
    for name, value in module.fields.items():
        if isinstance(value, ClassCell) and name not in fixed:
            value.dotted = f"{package}.{name}"
            ev.library_classes[value.dotted] = value
