"""Array programs beside NumPy, JAX and PyTorch: `python -m benchmarks --parts arrays`.

`cases` holds each program once in NumPy's words, which Tangra compiles and JAX runs with `np` standing for `jax.numpy`,
and once in PyTorch's. `engines` runs them in a process for each library (`worker`); `run` checks all answers against
NumPy's and Tangra's gradients against JAX's, times what is right in interleaved rounds, and prints ratios to the best.
"""
