"""What tests ask of the machine that they run on."""

from __future__ import annotations

import platform

from tangra.native import onednn


def narrow_kernels() -> bool:
    """Whether oneDNN is there, and the CPU has instructions for narrow numbers."""
    if not (platform.system() == "Linux" and platform.machine() == "x86_64") or onednn.library() is None:
        return False
    with open("/proc/cpuinfo") as file:
        flags = file.read()
    return "avx512_bf16" in flags and "avx512_vnni" in flags
