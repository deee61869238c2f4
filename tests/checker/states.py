"""State dicts of torch's layers: `python -m tests.checker.states`, under a Python with torch, records them in
`layer_states.json`: a call that makes the layer, and the shapes of its state by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tangra.shape_rules import Tensor
from tests.shape_rules.cases import CASES
from tests.shape_rules.draws import Built, Call, draw
from tests.shape_rules.libraries import lookup

FILE = Path(__file__).parent / "layer_states.json"
EACH = 4
"""Layers recorded of each class."""


def text_of(call: Call) -> str | None:
    """The constructor's call as a program has it; None where it takes arrays or layers."""
    values = [*call.args, *call.kwargs.values()]
    if any(isinstance(value, Tensor | Built) for value in values) or "no_such_word" in call.kwargs:
        return None
    arguments = [*map(repr, call.args), *(f"{word}={value!r}" for word, value in call.kwargs.items())]
    return f"{call.name}({', '.join(arguments)})"


def layers(name: str) -> list[str]:
    """Calls that make layers of a class."""
    calls = [draw(CASES[name], number) for number in range(0, 60, 3)]  # which are not spoiled
    texts = [text_of(call) for call in calls if call.kind == "layer"]
    return list(dict.fromkeys(text for text in texts if text is not None))


def main() -> None:
    """Record."""
    import torch

    found: dict[str, dict[str, list[int]]] = {}
    for name in sorted(CASES):
        if not name.startswith("torch.nn.") or not isinstance(lookup(name), type):
            continue
        kept = 0
        for text in layers(name):
            scope: dict[str, Any] = {"torch": torch}
            try:
                layer = eval(text, scope)
            except Exception:
                continue
            found[text] = {key: list(value.shape) for key, value in layer.state_dict().items()}
            kept += 1
            if kept == EACH:
                break
    lines = (f"{json.dumps(text)}: {json.dumps(state)}" for text, state in found.items())
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
