"""Which torchvision and torchaudio belong to which torch.

Sources: Requires-Dist of the wheels on PyPI (torchvision 0.14.1, 0.15.2, 0.16.0, 0.20.1, 0.27.1 to 0.29.2; torchaudio 2.5.1
to 2.11.0; November 2026) and the table in torchvision's README for those before and between. What each checks of CUDA is in
their `extension.py` and `_extension/utils.py`: torchvision compared the whole version up to 0.15 and the major one since
0.16, torchaudio compares the whole version.
"""

from __future__ import annotations

import re

__all__ = ["NAMES", "cuda_must_equal", "torch_of"]

NAMES = ("torchvision", "torchaudio")

_VISION = {1: (-1, 4, 14), 2: (-15, 15, 28)}
"""Major version of torch -> what to add to torchvision's second number, and the range of those in which it holds."""
_AUDIO_LAST = (2, 10)
"""The last torchaudio that asks for one torch; later ones name none."""
_AUDIO_FIRST = (0, 7)
_VISION_MAJOR_ONLY = (0, 16)


def torch_of(name: str, version: str | None) -> str | None:
    """The release of torch that a companion was built for, `2.5`; None where it was for several, or is not known."""
    numbers = _numbers(version)
    if len(numbers) < 2:
        return None
    if name == "torchvision" and numbers[0] == 0:
        for major, (offset, first, last) in _VISION.items():
            if first <= numbers[1] <= last:
                return f"{major}.{numbers[1] + offset}"
    if name == "torchaudio":
        if numbers[0] == 2 and numbers <= _AUDIO_LAST:
            return f"2.{numbers[1]}"
        if numbers[0] == 0 and numbers >= _AUDIO_FIRST:
            return f"1.{numbers[1]}"
    return None


def cuda_must_equal(name: str, version: str | None) -> bool:
    """Whether a companion refuses another minor version of CUDA than torch's, too, and not only another major one."""
    return name == "torchaudio" or _numbers(version) < _VISION_MAJOR_ONLY


def _numbers(version: str | None) -> tuple[int, ...]:
    """The first two numbers of a version."""
    match = re.match(r"(\d+)\.(\d+)", version or "")
    return (int(match[1]), int(match[2])) if match else ()
