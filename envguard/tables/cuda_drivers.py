"""NVIDIA's drivers and toolkits: which comes with which, and below which driver a toolkit does not run.

Sources: the tables 2 and 3 of the release notes of CUDA 13.2 Update 2; for the least drivers NVIDIA's page on minor version
compatibility; 13.3 and 13.4 by third parties who quote the notes; that branch 565 tells 12.7 is general knowledge, there
never was a toolkit of that name. The error codes were seen with real libraries upon a stand-in for the driver.
"""

from __future__ import annotations

PACKAGED = {
    "10.0": ("410.48", "411.31"),
    "10.1": ("418.39", "418.96"),
    "10.2": ("440.33", "441.22"),
    "11.0": ("450.51.05", "451.48"),
    "11.1": ("455.23", "456.38"),
    "11.2": ("460.27.03", "460.82"),
    "11.3": ("465.19.01", "465.89"),
    "11.4": ("470.42.01", "471.11"),
    "11.5": ("495.29.05", "496.04"),
    "11.6": ("510.39.01", "511.23"),
    "11.7": ("515.43.04", "516.01"),
    "11.8": ("520.61.05", "520.06"),
    "12.0": ("525.60.13", "527.41"),
    "12.1": ("530.30.02", "531.14"),
    "12.2": ("535.54.03", "536.25"),
    "12.3": ("545.23.06", "545.84"),
    "12.4": ("550.54.14", "551.61"),
    "12.5": ("555.42.02", "555.85"),
    "12.6": ("560.28.03", "560.76"),
    "12.8": ("570.26", "570.65"),
    "12.9": ("575.51.03", "576.02"),
    "13.0": ("580.65.06", None),
    "13.1": ("590.44.01", None),
    "13.2": ("595.45.04", None),
    "13.3": ("610.43.02", None),
    "13.4": ("616.00", None),
}
"""Toolkit -> the driver that came with its first release, for Linux and for Windows."""

LEAST = {11: ("450.80.02", "452.39"), 12: ("525.60.13", "527.41"), 13: ("580", "580")}
"""Major version -> the driver below which nothing of it runs, for Linux and for Windows (the latter of 12 is uncertain).

Within one major an older driver runs a newer toolkit, but for what the newer one alone can do.
"""

BRANCHES = {
    410: "10.0",
    418: "10.1",
    440: "10.2",
    450: "11.0",
    455: "11.1",
    460: "11.2",
    465: "11.3",
    470: "11.4",
    495: "11.5",
    510: "11.6",
    515: "11.7",
    520: "11.8",
    525: "12.0",
    530: "12.1",
    535: "12.2",
    545: "12.3",
    550: "12.4",
    555: "12.5",
    560: "12.6",
    565: "12.7",
    570: "12.8",
    575: "12.9",
    580: "13.0",
    590: "13.1",
    595: "13.2",
    610: "13.3",
    615: "13.4",
}
"""Branch of the driver -> the CUDA it tells of itself, which nvidia-smi shows."""

NEWEST_BRANCH = 616
"""The newest branch that the sources name; what a newer one tells is not known."""

ERRORS = {
    2: "cudaErrorMemoryAllocation",
    3: "cudaErrorInitializationError",
    34: "cudaErrorStubLibrary",
    35: "cudaErrorInsufficientDriver",
    46: "cudaErrorDevicesUnavailable",
    100: "cudaErrorNoDevice",
    101: "cudaErrorInvalidDevice",
    209: "cudaErrorNoKernelImageForDevice",
    222: "cudaErrorUnsupportedPtxVersion",
    304: "cudaErrorOperatingSystem",
    802: "cudaErrorSystemNotReady",
    803: "cudaErrorSystemDriverMismatch",
    804: "cudaErrorCompatNotSupportedOnDevice",
    999: "cudaErrorUnknown",
}
"""Codes that the runtime and the driver share (cuda_runtime_api.h)."""

NVML_ERRORS = {
    1: "NVML_ERROR_UNINITIALIZED",
    3: "NVML_ERROR_NOT_SUPPORTED",
    4: "NVML_ERROR_NO_PERMISSION",
    9: "NVML_ERROR_DRIVER_NOT_LOADED",
    12: "NVML_ERROR_LIBRARY_NOT_FOUND",
    15: "NVML_ERROR_GPU_IS_LOST",
    17: "NVML_ERROR_OPERATING_SYSTEM",
    18: "NVML_ERROR_LIB_RM_VERSION_MISMATCH",
    999: "NVML_ERROR_UNKNOWN",
}
"""Codes of NVML (nvml.h)."""
