"""Rules for einops: `rearrange`, `reduce`, `repeat`, `einsum`, `pack`, `parse_shape`, and the layers.

`patterns` reads the notation, `operations` matches it with shapes. The arrays may be of any library; the result is of
the same one.
"""

from tangra.shape_rules.einops import operations, patterns

__all__ = ["operations", "patterns"]
