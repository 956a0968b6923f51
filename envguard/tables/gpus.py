"""The generations of NVIDIA's GPUs by compute capability, and the toolkits that know them.

Sources: NVIDIA's list of CUDA GPUs; the table in Wikipedia's article on CUDA; the release notes of CUDA 13.2 for what 13.0
dropped. Of 8.7, 10.3 and 11.0 the first toolkit is uncertain; 10.7 is by third parties.
"""

from __future__ import annotations

GENERATIONS = {
    "3.0": ("Kepler", "4.2", "10.2"),
    "3.2": ("Kepler", "6.5", "10.2"),
    "3.5": ("Kepler", "5.0", "11.8"),
    "3.7": ("Kepler", "6.5", "11.8"),
    "5.0": ("Maxwell", "6.5", "12.9"),
    "5.2": ("Maxwell", "7.0", "12.9"),
    "5.3": ("Maxwell", "7.0", "12.9"),
    "6.0": ("Pascal", "8.0", "12.9"),
    "6.1": ("Pascal", "8.0", "12.9"),
    "6.2": ("Pascal", "8.0", "12.9"),
    "7.0": ("Volta", "9.0", "12.9"),
    "7.2": ("Volta", "9.2", "12.9"),
    "7.5": ("Turing", "10.0", None),
    "8.0": ("Ampere", "11.0", None),
    "8.6": ("Ampere", "11.1", None),
    "8.7": ("Ampere", "11.4", None),
    "8.9": ("Ada", "11.8", None),
    "9.0": ("Hopper", "11.8", None),
    "10.0": ("Blackwell", "12.8", None),
    "10.3": ("Blackwell", "12.9", None),
    "10.7": ("Rubin", "13.4", None),
    "11.0": ("Blackwell", "13.0", None),
    "12.0": ("Blackwell", "12.8", None),
    "12.1": ("Blackwell", "12.9", None),
}
"""Capability -> generation, the first toolkit that knows it, and the last one; None where the current ones do."""

EMBEDDED = frozenset((53, 62, 72, 87, 101, 110))
"""Capabilities of Jetson, which run only code made for them, and whose code runs nowhere else."""
