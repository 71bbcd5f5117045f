"""Runs the scientist's notebook, papermill style. Child side of the step train."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from golden_paths.errors import CodeFailed
from golden_paths.modelling.kernel import PAYLOAD, RESULT

if TYPE_CHECKING:
    from nbclient import NotebookClient
    from nbformat import NotebookNode

EXECUTED = "executed.ipynb"
OURS = {"injected-parameters", "injected-keep"}  # tags of the cells that we add


def fit(payload: dict[str, Any]) -> dict[str, Any]:
    """Execute `source` and keep its `model`; the notebook with its outputs is written to `out` after every cell.

    `features`, `label` and the params are injected after the cell tagged `parameters`. Raises `CodeFailed`.
    """
    import nbformat
    from nbclient.exceptions import CellExecutionError, DeadKernelError

    out, source, place = Path(payload["out"]), Path(payload["source"]), payload["place"]
    handed = Path(os.environ["HOME"]) / "notebook-payload.json"
    handed.write_text(json.dumps(payload))
    notebook = prepared(nbformat.read(source, as_version=4), payload["params"])
    client = _client(notebook, out / EXECUTED, folder=source.parent)
    try:
        client.execute(env=os.environ | {PAYLOAD: str(handed)})
    except CellExecutionError as error:
        raise CodeFailed(
            f"{place}: {_failed(notebook)} raised {error.ename}: {error.evalue}",
            remedy="mend it; the executed notebook is among the run's artifacts",
        ) from error
    except DeadKernelError as error:
        raise CodeFailed(
            f"{place}: the kernel died", remedy="it ran out of memory, or crashed: see the log above"
        ) from error
    finally:
        nbformat.write(notebook, out / EXECUTED)
    result: dict[str, Any] = json.loads((out / RESULT).read_text())
    if problem := result.get("error"):
        raise CodeFailed(problem["problem"], remedy=problem["remedy"])
    return result


def prepared(notebook: NotebookNode, params: dict[str, Any]) -> NotebookNode:
    """The notebook with our cells: features, label and params after the cell `parameters`, keeping `model` at the end."""
    from nbformat.v4 import new_code_cell

    given = ["from golden_paths.modelling import kernel as _golden_paths", "features, label = _golden_paths.given()"]
    lines = given + [f"{name} = {value!r}" for name, value in params.items()]
    tagged = [place for place, cell in enumerate(notebook.cells) if "parameters" in cell.metadata.get("tags", [])]
    after = tagged[0] + 1 if tagged else 0
    notebook.cells.insert(after, _cell(new_code_cell, "\n".join(lines), "injected-parameters"))
    notebook.cells.append(_cell(new_code_cell, "_golden_paths.keep(globals())", "injected-keep"))
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


def _cell(new_code_cell: Any, source: str, tag: str) -> Any:
    return new_code_cell(source, id=tag, metadata={"tags": [tag]})  # an id of its own would be random


def _failed(notebook: NotebookNode) -> str:
    """'cell 3', counting the scientist's own cells from 1."""
    own = [cell for cell in notebook.cells if not set(cell.metadata.get("tags", [])) & OURS]
    for number, cell in enumerate(own, start=1):
        if any(output.output_type == "error" for output in cell.get("outputs", [])):
            return f"cell {number}"
    return "an injected cell"


def _client(notebook: NotebookNode, executed: Path, *, folder: Path) -> NotebookClient:
    """A client whose kernel is this very Python: kernel specs of the machine's users have no say."""
    import nbformat
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient

    class ThisPython(AsyncKernelManager):
        """A manager without kernel specs."""

        @property
        def kernel_spec(self) -> KernelSpec:
            argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
            return KernelSpec(argv=argv, display_name="golden-paths", language="python")

    return NotebookClient(
        notebook,
        # Sockets in the child's own folder: no port that somebody else may take first, or listen on. The default name is
        # relative, and the kernel starts in another folder.
        km=ThisPython(kernel_name="golden-paths", transport="ipc", ip=str(Path(os.environ["HOME"]) / "kernel")),
        timeout=None,  # the sandbox has one over everything
        resources={"metadata": {"path": str(folder)}},
        on_cell_executed=lambda **_: nbformat.write(notebook, executed),
    )
