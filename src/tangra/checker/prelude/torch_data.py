"""torch.utils.data's loaders and datasets, as programs for the evaluator. `Module` is put in by it."""

from __future__ import annotations

from typing import Any


class Dataset:
    pass


class IterableDataset(Dataset):
    pass


class TensorDataset(Dataset):
    def __init__(self, *tensors: Any) -> None:
        self.tensors = tensors

    def __getitem__(self, index: Any) -> Any:
        return tuple(tensor[index] for tensor in self.tensors)

    def __len__(self) -> Any:
        return self.tensors[0].size(0)
