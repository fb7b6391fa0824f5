"""A description of the machine that figures are measured on, for the tables."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import ctranslate2


def machine() -> str:
    """The number of cores, the name of the processor, and the version and kernel of ctranslate2."""
    name = platform.processor() or platform.machine()
    cpus = Path("/proc/cpuinfo")
    if cpus.exists():
        lines = cpus.read_text(encoding="utf-8").splitlines()
        name = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), name)
    chosen = [f"{key}={os.environ[key]}" for key in ("CT2_FORCE_CPU_ISA", "CT2_USE_MKL") if key in os.environ]
    kernel = ", ".join(chosen) or "the kernel that ctranslate2 chooses"
    return f"{os.cpu_count()} cores, {name}, ctranslate2 {ctranslate2.__version__} with {kernel}"
