"""What machine the benchmarks of this folder run on. No script: others import it."""

import pathlib
import platform


def processor() -> str:
    """The processor's name as the kernel has it; elsewhere, what Python knows of it."""
    listing = pathlib.Path("/proc/cpuinfo")
    for line in listing.read_text().splitlines() if listing.exists() else []:
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
