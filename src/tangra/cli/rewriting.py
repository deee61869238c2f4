"""Annotations written into a syntax tree that keeps every space and comment. Only this file needs libcst to load."""

from __future__ import annotations

from collections.abc import Sequence

import libcst
from libcst.metadata import CodeRange, PositionProvider

from tangra.cli.signatures import RESULT, Signature


class Annotator(libcst.CSTTransformer):
    """Gives functions their signatures; a function is known by its name and the line of its `def`."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self, found: Sequence[Signature]) -> None:
        super().__init__()
        self._found = {(each.line, each.name): each.annotations for each in found}

    def leave_FunctionDef(
        self, original_node: libcst.FunctionDef, updated_node: libcst.FunctionDef
    ) -> libcst.BaseStatement:
        """The function with its annotations."""
        where = self.get_metadata(PositionProvider, original_node.name)
        assert isinstance(where, CodeRange)
        annotations = self._found.get((where.start.line, original_node.name.value))
        if annotations is None:
            return updated_node
        spec = updated_node.params
        groups = {
            name: [_with(each, annotations) for each in getattr(spec, name)]
            for name in ("params", "kwonly_params", "posonly_params")
        }
        made = updated_node.with_changes(params=spec.with_changes(**groups))
        if RESULT in annotations:
            made = made.with_changes(returns=_annotation(annotations[RESULT]))
        return made


def _with(parameter: libcst.Param, annotations: dict[str, str]) -> libcst.Param:
    text = annotations.get(parameter.name.value)
    if text is None:
        return parameter
    spaces = libcst.SimpleWhitespace(" ")
    equal = libcst.AssignEqual(spaces, spaces) if parameter.default is not None else parameter.equal
    return parameter.with_changes(annotation=_annotation(text), equal=equal)


def _annotation(text: str) -> libcst.Annotation:
    return libcst.Annotation(libcst.parse_expression(text))
