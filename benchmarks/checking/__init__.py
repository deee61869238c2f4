"""How long `tangra check` takes for a folder, from scratch and from its cache, beside mypy on the same files."""
