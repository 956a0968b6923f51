"""A notebook as papermill or nbconvert would run it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import nbclient
import nbformat

if TYPE_CHECKING:
    from pathlib import Path


def notebook(folder: Path, *cells: str) -> list[list[Any]]:
    """Runs cells in the kernel that `kernels` describes, and returns their outputs."""
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbclient.NotebookClient(
        made, kernel_name="mine", timeout=120, resources={"metadata": {"path": str(folder)}}
    ).execute()
    nbformat.validate(made)
    return [cell["outputs"] for cell in made.cells]
