"""What calls of torch, NumPy, JAX, einops and flax do to shapes: the rule language, and our rules written in it.

A rule is a Python function of abstract values: tensors with symbolic shapes and dtypes, Python constants, and unknowns
(`values`). It is declared under the dotted name that user code reaches it by (`registry`), gets a context that decides
conditions three-valued and takes failures (`context`), and returns the result's value. Rules never look at elements,
never import the library they describe, and answer unknown where they can't know. `registry.find` loads the rules of a
library when one of its names is first asked for; users add rules for their own functions with the same decorators.
`operators` says what `+`, `@`, indexing and so on do, and `testing.apply` runs a rule on plain shapes.
"""

from tangra.shape_rules.context import AllOf, AnyOf, AtLeast, BaseContext, Condition, Equal, Multiple, RuleContext
from tangra.shape_rules.failures import Failure, RuleError
from tangra.shape_rules.registry import (
    Constant,
    HigherOrder,
    ModuleRule,
    Rule,
    attribute,
    constant,
    find,
    find_attribute,
    find_method,
    higher_order,
    inert,
    method,
    module,
    rule,
)
from tangra.shape_rules.values import (
    UNKNOWN,
    DType,
    Item,
    Record,
    Shape,
    Tensor,
    Unknown,
    Value,
    Variadic,
    record,
    shape_text,
)

__all__ = [
    "UNKNOWN",
    "AllOf",
    "AnyOf",
    "AtLeast",
    "BaseContext",
    "Condition",
    "Constant",
    "DType",
    "Equal",
    "Failure",
    "HigherOrder",
    "Item",
    "ModuleRule",
    "Multiple",
    "Record",
    "Rule",
    "RuleContext",
    "RuleError",
    "Shape",
    "Tensor",
    "Unknown",
    "Value",
    "Variadic",
    "attribute",
    "constant",
    "find",
    "find_attribute",
    "find_method",
    "higher_order",
    "inert",
    "method",
    "module",
    "record",
    "rule",
    "shape_text",
]
