"""Classes of libraries that the evaluator has programs for (`prelude`) or knows itself, as values."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tangra.checker.dispatch import execute_one
from tangra.checker.evaluator import Frame
from tangra.checker.heap import ClassCell, FunctionCell, LibraryName, ModuleCell
from tangra.checker.source import read
from tangra.shape_rules.values import UNKNOWN, words

if TYPE_CHECKING:
    from tangra.checker.evaluator import Evaluator

MODULE = "torch.nn.Module"
FLAX_MODULE = "flax.linen.Module"
CONTAINERS = {
    "contextvars": "contextvars.py",
    "$abstract": "abstract.py",
    "torch.nn": "torch_nn.py",
    "torch.utils.data": "torch_data.py",
    "torch.autograd": "torch_autograd.py",
    "torch.distributions": "torch_distributions.py",
    "torch.ao.quantization": "torch_quantization.py",
    "optax": "optax.py",
    "flax.training.train_state": "flax_training.py",
    "flax.linen": "flax_linen.py",
    "flax.nnx": "flax_nnx.py",
    "equinox.nn": "equinox_nn.py",
    "$initialisers": "jax_initialisers.py",
    "scipy.linalg": "scipy_linalg.py",
    "scipy.stats": "scipy_stats.py",
    "scipy.sparse": "scipy_sparse.py",
    "scipy.sparse.linalg": "scipy_sparse_linalg.py",
}
SYNONYMS = {
    "torch.nn.modules.Module": MODULE,
    "torch.nn.modules.module.Module": MODULE,
    "torch.nn.modules.container.Sequential": "torch.nn.Sequential",
    "torch.nn.modules.Sequential": "torch.nn.Sequential",
    "torch.jit.ScriptModule": MODULE,
    "torch.autograd.function.Function": "torch.autograd.Function",
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
INITIALISERS = words(
    """
    normal uniform truncated_normal constant variance_scaling lecun_normal lecun_uniform glorot_normal
    glorot_uniform he_normal he_uniform xavier_normal xavier_uniform kaiming_normal kaiming_uniform orthogonal
    delta_orthogonal zeros_init ones_init
    """
)
SYNONYMS |= {
    f"{package}.initializers.{name}": "$initialisers.Initialiser"
    for package in ("jax.nn", "flax.linen", "flax.nnx")
    for name in INITIALISERS
}
OPTIMISERS = words(
    """
    adabelief adadelta adafactor adagrad adam adamax adamaxw adamw adan amsgrad chain clip clip_by_global_norm
    adaptive_grad_clip add_decayed_weights apply_every apply_if_finite centralize ema fromage identity
    inject_hyperparams lamb lars lion lookahead masked multi_transform nadam nadamw noisy_sgd novograd
    optimistic_gradient_descent partition polyak_sgd radam rmsprop rprop scale scale_by_adam scale_by_learning_rate
    scale_by_schedule scale_by_rms scale_by_trust_ratio set_to_zero sgd sign_sgd sm3 trace yogi zero_nans MultiSteps
    """
)
SYNONYMS |= {f"optax.{name}": "optax.GradientTransformation" for name in OPTIMISERS}


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
    libraries = {name: LibraryName(name) for name in ("torch", "jax", "numpy")} | {"_unknown": UNKNOWN}
    bases = {"Module": prelude_class(ev, MODULE), "Base": prelude_class(ev, FLAX_MODULE)}
    fixed = {**bases, **libraries, **PRIMITIVES}
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
        elif isinstance(value, FunctionCell) and not name.startswith("_"):
            ev.prelude_functions[f"{package}.{name}"] = value
