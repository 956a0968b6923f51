"""Every mechanism, by the kind of thing that is built."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.cases import cuda, errors, files, installs, loaded, natives, processes, settings, tables

if TYPE_CHECKING:
    from tests.cases.mechanism import Mechanism

MECHANISMS: tuple[Mechanism, ...] = (
    *files.MECHANISMS,
    *installs.MECHANISMS,
    *tables.MECHANISMS,
    *settings.MECHANISMS,
    *processes.MECHANISMS,
    *loaded.MECHANISMS,
    *natives.MECHANISMS,
    *errors.MECHANISMS,
    *cuda.MECHANISMS,
)
