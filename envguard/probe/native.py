"""What NVIDIA's driver and CUDA libraries say when they are called: versions, devices, errors.

Only ever run as a process of its own, `python native.py OUT [LIBRARY …]`, for what it calls may crash or hang. The contract,
each sentence of which has a test:

* Standard library only, in one file, Python 3.8 or later.
* Each call is announced in OUT before it is made, and its answer is there before the next: one line of JSON for each, so
  that after a crash the last announced call is the one that crashed.
* No context is created, and so no memory of a GPU is taken: of the driver only its version, cuInit and what devices there
  are is asked; of libraries only what answers from a constant, and of libcudart how many devices it sees.
* A library is loaded by its full path, and brings what it needs as the loader finds it; its names stay its own (RTLD_LOCAL).
  A function that the file itself does not have is not called, though one of its needs may have it.
* `--without FUNCTION PATH` leaves out a call that crashed before, `dlopen` being the loading itself; `--no-driver` leaves out
  everything that asks the driver.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from typing import Any, Callable, NamedTuple, Optional, Tuple

DRIVER = "libcuda.so.1"
NVML = "libnvidia-ml.so.1"
MODULE = "/proc/driver/nvidia/version"

_RELEASE = re.compile(r"Kernel Module\b.*?\s(\d+(?:\.\d+)+)\s")
_NODE = re.compile(r"nvidia.*|dxg")  # dxg is what WSL has in their place
_FAMILY = re.compile(
    r"lib([A-Za-z_]+)(?:[-.][0-9a-f]{6,})?\.so(?:[.\d]*)"
)  # auditwheel and others put a hash into the name
_MOST = 64  # GPUs and device files that are told
_CAPABILITY = (75, 76)  # CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR and _MINOR

Answer = Tuple[Optional[int], int]  # and the status, 0 where all is well


class Question(NamedTuple):
    """A function of a library, and the way it answers."""

    function: str
    put: Callable[[Any, Any], Answer]
    driver: bool = False
    """Whether the driver is asked for it."""


def by_number(function: Any, ctypes: Any) -> Answer:
    """`status f(int *)`."""
    value = ctypes.c_int()
    status = function(ctypes.byref(value))
    return value.value, status


def by_status(function: Any, ctypes: Any) -> Answer:
    """`status f(int *)`, where the status is what matters."""
    return function(ctypes.byref(ctypes.c_int())), 0


def by_return(function: Any, ctypes: Any) -> Answer:
    """`size_t f(void)`."""
    function.restype = ctypes.c_size_t
    return function(), 0


def by_pair(function: Any, ctypes: Any) -> Answer:
    """`status f(int *major, int *minor)`; told as CUDA tells versions, 12040 for 12.4."""
    major, minor = ctypes.c_int(), ctypes.c_int()
    status = function(ctypes.byref(major), ctypes.byref(minor))
    return major.value * 1000 + minor.value * 10, status


def by_property(function: Any, ctypes: Any) -> Answer:
    """`status f(which, int *)`, asked for major, minor and patch; told as 120405 for 12.4.5."""
    number = 0
    for which in range(3):
        value = ctypes.c_int()
        status = function(which, ctypes.byref(value))
        if status:
            return None, status
        number = number * 100 + value.value
    return number, 0


QUESTIONS: dict[str, tuple[Question, ...]] = {
    "cudart": (
        Question("cudaRuntimeGetVersion", by_number, driver=True),  # that of CUDA 11 starts the driver
        Question("cudaDriverGetVersion", by_number, driver=True),
        Question("cudaGetDeviceCount", by_status, driver=True),
    ),
    "cublas": (Question("cublasGetProperty", by_property),),
    "cublasLt": (Question("cublasLtGetProperty", by_property),),
    "cudnn": (Question("cudnnGetVersion", by_return), Question("cudnnGetCudartVersion", by_return)),
    "cudnn_graph": (Question("cudnnGetVersion", by_return),),
    "cufft": (Question("cufftGetProperty", by_property),),
    "curand": (Question("curandGetProperty", by_property),),
    "cusolver": (Question("cusolverGetProperty", by_property),),
    "cusparse": (Question("cusparseGetProperty", by_property),),
    "cusparseLt": (Question("cusparseLtGetProperty", by_property),),
    "nccl": (Question("ncclGetVersion", by_number),),
    "nvJitLink": (Question("nvJitLinkVersion", by_pair),),
    "nvrtc": (Question("nvrtcVersion", by_pair),),
}
"""What each family is asked. cuptiGetVersion is not: that of CUPTI 13 segfaults."""


class Asker:
    """Puts questions to libraries, and writes down each before and after."""

    def __init__(self, out: str, without: list[tuple[str, str]]) -> None:
        import ctypes  # which a Python may be built without, and which is only for this process

        self._ctypes = ctypes
        self._without = set(without)
        self._file = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def note(self, **line: Any) -> None:
        """Writes a line at once, whole."""
        left = json.dumps(line).encode("ascii") + b"\n"
        while left:
            left = left[os.write(self._file, left) :]

    def load(self, path: str) -> Any:
        """A library; None, with a line that says why, if it cannot be loaded, or is to be left out."""
        if not self.announce(path, "dlopen"):
            return None
        try:
            return self._ctypes.CDLL(path)
        except OSError as error:
            self.note(path=path, function="dlopen", error=str(error))
            return None

    def announce(self, path: str, function: str) -> bool:
        """Whether a call is to be made, which is then announced."""
        if (function, path) in self._without:
            return False
        self.note(path=path, function=function)
        return True

    def call(self, library: Any, path: str, name: str, *arguments: Any) -> int | None:
        """What a function of the driver returns; None if there is none, or if it is to be left out."""
        function = getattr(library, name, None)
        return function(*arguments) if function is not None and self.announce(path, name) else None

    def number(self, library: Any, path: str, name: str, *arguments: Any) -> int | None:
        """What a function of the driver writes into its first argument, if all goes well."""
        value = self._ctypes.c_int()
        return value.value if self.call(library, path, name, self._ctypes.byref(value), *arguments) == 0 else None

    def words(self, library: Any, path: str, name: str, *arguments: Any) -> str | None:
        """The text a function of the driver writes: `status f(char *, int size, …)`."""
        buffer = self._ctypes.create_string_buffer(256)
        status = self.call(library, path, name, buffer, len(buffer), *arguments)
        return buffer.value.decode("utf-8", "replace") if status == 0 else None

    def place(self, function: Any) -> str | None:
        """The file that a function lies in."""
        address = self._ctypes.cast(function, self._ctypes.c_void_p).value
        return mapped_at(address) if address else None

    def question(self, library: Any, path: str, question: Question) -> None:
        """Asks a library one thing, if it is its own function."""
        function = getattr(library, question.function, None)
        if function is None or not _same(self.place(function), path) or not self.announce(path, question.function):
            return
        answer, status = question.put(function, self._ctypes)
        error = self._named(library, status) if status else None
        self.note(path=path, function=question.function, answer=None if status else answer, error=error)

    def _named(self, library: Any, status: int) -> str:
        name = getattr(library, "cudaGetErrorName", None)
        if name is None:
            return f"error {status}"
        name.restype = self._ctypes.c_char_p
        return f"{name(status).decode('ascii', 'replace')} ({status})"


def driver(ask: Asker, path: str) -> None:
    """Asks libcuda for its version and its devices."""
    library = ask.load(path)
    if library is None:
        return
    ask.note(driver={"library": ask.place(getattr(library, "cuInit", None)) or path})
    ask.note(driver={"version": ask.number(library, path, "cuDriverGetVersion")})
    init = ask.call(library, path, "cuInit", 0)
    ask.note(driver={"init": init})
    if init == 0:
        devices = ask.number(library, path, "cuDeviceGetCount")
        ask.note(driver={"devices": devices})
        for index in range(min(devices or 0, _MOST)):
            device = ask.number(library, path, "cuDeviceGet", index)
            if device is not None:
                name = ask.words(library, path, "cuDeviceGetName", device)
                parts = [ask.number(library, path, "cuDeviceGetAttribute", which, device) for which in _CAPABILITY]
                known = None if None in parts else "{}.{}".format(*parts)
                ask.note(gpu={"index": index, "name": name or "", "capability": known})


def nvml(ask: Asker) -> None:
    """Asks NVIDIA's management library for the driver's own version."""
    library = ask.load(NVML)
    if library is None:
        return
    init = ask.call(library, NVML, "nvmlInit_v2")
    ask.note(driver={"nvml": init})
    if init == 0:
        ask.note(driver={"release": ask.words(library, NVML, "nvmlSystemGetDriverVersion")})
        ask.call(library, NVML, "nvmlShutdown")


def family(path: str) -> str | None:
    """What a library is by its file's name, whatever its version: cudart, cudnn_graph."""
    match = _FAMILY.fullmatch(os.path.basename(path))
    return match[1] if match else None


def mapped_at(address: int) -> str | None:
    """The file in memory at an address of this process."""
    with open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as file:
        for line in file:
            parts = line.rstrip("\n").split(None, 5)
            start, _, end = parts[0].partition("-")
            if int(start, 16) <= address < int(end, 16):
                return parts[5] if len(parts) == 6 and parts[5].startswith("/") else None
    return None


def module(path: str = MODULE) -> str | None:
    """The version of the driver's kernel module."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            match = _RELEASE.search(file.read(4096))
    except OSError:
        return None
    return match[1] if match else None


def nodes(folder: str = "/dev") -> list[str]:
    """The device files of GPUs."""
    try:
        names = sorted(name for name in os.listdir(folder) if _NODE.fullmatch(name))
    except OSError:
        return []
    paths = [os.path.join(folder, name) for name in names]
    return [path for path in paths if not os.path.isdir(path)][:_MOST]


def closed(paths: list[str]) -> list[str]:
    """Those of the device files that this user may not read and write; none of them is opened."""
    effective = os.access in os.supports_effective_ids
    return [path for path in paths if not os.access(path, os.R_OK | os.W_OK, effective_ids=effective)]


def main(argv: list[str]) -> int:
    """Asks everything there is to ask, and says so at the end."""
    parser = argparse.ArgumentParser(prog="native.py")
    parser.add_argument("out")
    parser.add_argument("libraries", nargs="*")
    parser.add_argument("--driver", default=DRIVER)
    parser.add_argument("--no-driver", action="store_true")
    parser.add_argument("--without", nargs=2, action="append", default=[])
    given = parser.parse_intermixed_args(argv)
    _no_core()
    ask = Asker(given.out, [(function, path) for function, path in given.without])
    devices = nodes()
    ask.note(driver={"module": module(), "nodes": devices, "closed": closed(devices)})
    if not given.no_driver:
        driver(ask, given.driver)
        nvml(ask)
    for path in given.libraries:
        questions = [one for one in QUESTIONS.get(family(path) or "", ()) if not (one.driver and given.no_driver)]
        library = ask.load(path) if questions else None
        for question in questions if library is not None else ():
            ask.question(library, path, question)
        ask.note(done=path)
    ask.note(end=True)
    return 0


def _no_core() -> None:
    """A crash is expected here, and worth no core file."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    except (ImportError, OSError, ValueError):
        pass  # no such limits here


def _same(one: str | None, other: str) -> bool:
    try:
        return one is not None and os.path.samefile(one, other)
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
