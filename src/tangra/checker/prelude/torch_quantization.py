"""torch.ao.quantization: the layers that mark where a model is quantized, as they act before it is. The evaluator
puts in `Module` and `torch`."""

from __future__ import annotations

from typing import Any

torch: Any = None


class Module:
    pass


class QuantStub(Module):
    def __init__(self, qconfig: Any = None) -> None:
        super().__init__()

    def forward(self, x: Any) -> Any:
        return x


class DeQuantStub(Module):
    def __init__(self, qconfig: Any = None) -> None:
        super().__init__()

    def forward(self, x: Any) -> Any:
        return x


class FloatFunctional(Module):
    def add(self, x: Any, y: Any) -> Any:
        return torch.add(x, y)

    def add_scalar(self, x: Any, y: Any) -> Any:
        return torch.add(x, y)

    def mul(self, x: Any, y: Any) -> Any:
        return torch.mul(x, y)

    def mul_scalar(self, x: Any, y: Any) -> Any:
        return torch.mul(x, y)

    def matmul(self, x: Any, y: Any) -> Any:
        return torch.matmul(x, y)

    def add_relu(self, x: Any, y: Any) -> Any:
        return torch.relu(torch.add(x, y))

    def cat(self, x: Any, dim: Any = 0) -> Any:
        return torch.cat(x, dim=dim)
