"""What programs ask torch about itself and its devices, and how they register functions: nothing that shapes depend
on, but branches do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tangra.shape_rules.registry import attribute, inert, rule
from tangra.shape_rules.torch.common import CLASS
from tangra.shape_rules.values import UNKNOWN, Tensor, Unknown, Value

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext

DEVICE = Unknown("device")
"""Some device or other."""


@attribute(CLASS, "device")
def device(ctx: RuleContext, self: Tensor) -> Unknown:
    """Where it is stored."""
    return DEVICE


@rule("torch.device", "torch.get_default_device", "torch.cuda.current_device")
def make_device(ctx: RuleContext, *args: Value, type: Value = None, index: Value = None) -> Unknown:
    """A device."""
    return DEVICE


@attribute(CLASS, "requires_grad", "is_leaf", "is_cuda", "is_cpu", "is_xpu", "is_mps", "is_meta", "is_inference")
def flag(ctx: RuleContext, self: Tensor) -> Unknown:
    """A property that shapes don't depend on."""
    return Unknown("bool")


@attribute(CLASS, "grad_fn", "_version", "retains_grad", "output_nr")
def autograd_state(ctx: RuleContext, self: Tensor) -> Unknown:
    """What only differentiation knows."""
    return UNKNOWN


@attribute(CLASS, "is_quantized", "is_nested", "is_mkldnn")
def special_layout(ctx: RuleContext, self: Tensor) -> bool:
    """Tensors that rules know are plain ones: what makes the others has no rule."""
    return False


@attribute(CLASS, "is_sparse", "is_sparse_csr")
def sparse_layout(ctx: RuleContext, self: Tensor) -> Value:
    """Sparse tensors are among those whose layout isn't known."""
    return False if self.layout is not None else Unknown("bool")


inert(
    "torch.is_autocast_enabled",
    "torch.is_autocast_cpu_enabled",
    "torch.are_deterministic_algorithms_enabled",
    "torch.is_inference_mode_enabled",
    "torch.backends.mkldnn.is_available",
    "torch.distributed.is_initialized",
    "torch.distributed.is_available",
    "torch.jit.is_tracing",
    "torch.onnx.is_in_onnx_export",
    "torch.compiler.is_exporting",
    "torch._dynamo.utils.is_compile_supported",
    "torch.cuda.is_current_stream_capturing",
    "torch.xpu.is_current_stream_capturing",
    "torch.xpu.is_available",  # devices that are rare, or need an extension, are presumed absent
    "torch.npu.is_available",
    "torch.hpu.is_available",
    "torch.mlu.is_available",
    "torch.musa.is_available",
    result=lambda ctx, *args, **kwargs: False,
)
inert(
    "torch.cuda.is_available",
    "torch.is_grad_enabled",
    "torch.cuda.is_bf16_supported",
    "torch.backends.mps.is_available",
    "torch.cuda.is_initialized",
    result=lambda ctx, *args, **kwargs: Unknown("bool"),
)
inert(
    "torch.ops.load_library",
    "torch.utils._pytree.register_pytree_node",
    "torch.utils._pytree._register_pytree_node",
    "torch.library.register_autograd",
    "torch.library.register_fake",
    "torch.library.impl",
    "torch.onnx.register_custom_op_symbolic",
    "torch._set_grad_enabled",
    "torch._C._set_grad_enabled",
    "torch.set_grad_enabled",
    "torch.set_default_device",
    "torch.set_flush_denormal",
)


@rule("torch.cuda.device_count", "torch.cuda.memory_allocated", "torch.cuda.max_memory_allocated")
def count(ctx: RuleContext, *args: Value, **kwargs: Value) -> Value:
    """A number nobody knows."""
    return ctx.fresh("n")


def _repeated(times: int) -> None:
    """torch's helpers that make a tuple of one number."""
    names = {1: "_single", 2: "_pair", 3: "_triple", 4: "_quadruple"}

    @rule(f"torch.nn.modules.utils.{names[times]}")
    def ntuple(ctx: RuleContext, x: Value) -> Value:
        """Itself if it is a sequence, else that many copies."""
        return tuple(x) if isinstance(x, tuple | list) else x if isinstance(x, Unknown) else (x,) * times


for _times in (1, 2, 3, 4):
    _repeated(_times)


@rule("torch.Size")
def size(ctx: RuleContext, sizes: Value = ()) -> Value:
    """A tuple of sizes."""
    return tuple(sizes) if isinstance(sizes, list | tuple) else UNKNOWN
