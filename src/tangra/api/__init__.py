"""What names mean: `numpy.*`, `math.*`, `scipy.special.*`, array methods and `tangra.*`, in terms of ops and shape
rules.

Each entry is a function from abstract values (`values.py`) to abstract values. It reads and emits through a
`Context` (`context.py`), which the frontend implements. `registry.py` maps Python objects to entries; those of
`scipy_special.py` are loaded when a program has imported SciPy's module. The others are loaded all together when
something is first compiled (`frontend/modules.py`).
"""
