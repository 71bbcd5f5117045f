"""Findings as HTML, for the report of evaluation and for that of a watch: one self-contained page, plots included."""

from __future__ import annotations

import base64
import html
from collections.abc import Mapping, Sequence
from pathlib import Path

from golden_paths.modelling.finding import Finding, Ruling, Table

STYLE = """body{font:15px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color:#1b1f24}
table{border-collapse:collapse;margin:1rem 0}td,th{padding:.3rem .9rem;border-bottom:1px solid #d7dbe0;text-align:left}
td.n{text-align:right;font-variant-numeric:tabular-nums}.verdict{padding:.6rem 1rem;border-left:5px solid}
.passed{border-color:#1a7f37;background:#eaf6ec}.failed{border-color:#b3261e;background:#fbecea}
td.held{color:#1a7f37}td.missed{color:#b3261e;font-weight:600}.plots{display:flex;flex-wrap:wrap;gap:1rem;align-items:flex-start}
img{max-width:30rem;width:100%}code{font-size:90%;overflow-wrap:anywhere}"""


def page(title: str, body: Sequence[str]) -> str:
    """The whole page. `title` is escaped here, and `body` is HTML."""
    head = f'<meta charset="utf-8"><title>{html.escape(title)}</title><style>{STYLE}</style>'
    return f'<!doctype html><html lang="en">{head}' + "\n".join(body) + "</html>\n"


def shown(one: Finding, folder: Path) -> str:
    """One examination: its rulings, what should be read, its tables and plots, which are in `folder`."""
    notes = "".join(f"<p>{html.escape(note)}</p>" for note in one.notes)
    drawn = images({title: folder / name for title, name in one.plots.items()})
    tables = "".join(map(_grid, one.tables))
    return f"<h2>{html.escape(one.title)}</h2>{''.join(map(_ruled, one.rulings))}{notes}{tables}{drawn}"


def _ruled(one: Ruling) -> str:
    return f'<p class="verdict {"passed" if one.passed else "failed"}">{html.escape(one.words)}</p>'


def _grid(table: Table) -> str:
    title = f"<h3>{html.escape(table.title)}</h3>" if table.title else ""
    head = "".join(f"<th>{html.escape(name)}</th>" for name in table.head)
    rows = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in table.rows)
    return f"{title}<table><tr>{head}</tr>{rows}</table>"


def _cell(text: str) -> str:
    return f'<td{" class=n" if text[:1].isdigit() or text[:1] == "-" else ""}>{html.escape(text)}</td>'


def images(drawn: Mapping[str, Path]) -> str:
    """Plots, title -> file, within the page."""
    return f'<div class="plots">{"".join(_image(title, path) for title, path in drawn.items())}</div>'


def _image(title: str, path: Path) -> str:
    return (
        f'<img alt="{html.escape(title)}" src="data:image/png;base64,{base64.b64encode(path.read_bytes()).decode()}">'
    )
