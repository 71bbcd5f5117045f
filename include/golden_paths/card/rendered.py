"""The card as Markdown, and that as one HTML page which needs nothing else. Text of others is text: it becomes nothing more."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from golden_paths.card.parts import Card, Code, Grid
from golden_paths.markdown import escape

if TYPE_CHECKING:
    from jinja2 import Template

PLOTS = "plots"  # the folder beside card.md
COPIED = re.compile(r"[\w.:/@%+=,<> -]+")  # what stands between backticks without ending them, or a cell
NUMBER = r"[-+]?(?:\d|inf|nan)[\w.%+-]*"
FIGURE = re.compile(rf"[<>=]* ?{NUMBER}(?: (?:to|/) {NUMBER})*")
LEADING = re.compile(r"^(?:(\d+)\.(?=\s|$)|([-=])(?=[-=\s]|$))")  # would begin a list, a rule or a heading
TEMPLATE = """\
# Model card: {{ card.title }}

**{{ card.description }}**

{% for section in card.sections %}
## {{ section.title }}

{% for text in section.wrong %}
> **Wrong:** {{ text }}

{% endfor %}
{% for text in section.said %}
{{ text }}

{% endfor %}
{% for question, answer in section.answers %}
**{{ question }}**

{{ answer }}

{% endfor %}
{% for grid in section.grids %}
{% if grid.title %}
### {{ grid.title }}

{% endif %}
|{% for name in grid.head %} {{ name }} |{% endfor +%}
|{% for mark in marks(grid) %}{{ mark }}|{% endfor +%}
{% for row in grid.rows %}
|{% for cell in row %} {{ cell }} |{% endfor +%}
{% endfor %}

{% endfor %}
{% for plot in section.plots %}
![{{ plot.title }}]({{ place(plot.file) }})

{{ plot.title }}: {{ code(plot.file) }}, SHA-256 {{ code(plot.digest) }}

{% endfor %}
{% for text in section.notes %}
Note: {{ text }}

{% endfor %}
{% endfor %}
"""


class Markup(str):
    """Markdown of our own."""

    __slots__ = ()


def markdown(card: Card) -> str:
    """The same card gives the same bytes. Plots are references into the folder `PLOTS` beside it."""
    return _template().render(card=card).rstrip("\n") + "\n"


@cache
def _template() -> Template:
    """Every expression is escaped unless it is `Markup` or `Code`."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        finalize=_final, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    environment.globals.update(marks=_marks, code=Code, place=lambda name: Markup(f"{PLOTS}/{name}"))
    return environment.from_string(TEMPLATE)


def _final(value: object) -> str:
    if isinstance(value, Markup):
        return value
    text = str(value)
    if isinstance(value, Code) and COPIED.fullmatch(text) and text == text.strip():
        return f"`{text}`"
    escaped = escape(text)
    return LEADING.sub(lambda found: f"{found[1]}\\." if found[1] else f"\\{found[2]}", escaped)


def _marks(grid: Grid) -> list[Markup]:
    """Figures stand to the right."""
    return [Markup("---:" if _is_figures([row[at] for row in grid.rows]) else "---") for at in range(len(grid.head))]


def _is_figures(cells: list[str]) -> bool:
    told = [cell for cell in cells if cell]
    return bool(told) and all(FIGURE.fullmatch(cell) and not isinstance(cell, Code) for cell in told)
