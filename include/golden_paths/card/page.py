"""The card's Markdown as one HTML page: no script, nothing fetched, plots in it."""

from __future__ import annotations

import base64
import html
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from golden_paths.card.rendered import PLOTS

if TYPE_CHECKING:
    from markdown_it.token import Token

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
STYLE = """body{font:15px/1.5 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem;color:#1b1f24}
h1{margin-bottom:.3rem}h2{margin-top:2.2rem;border-bottom:2px solid #d7dbe0;padding-bottom:.2rem}h3{margin-bottom:.2rem}
table{border-collapse:collapse;margin:.8rem 0}
td,th{padding:.3rem .45rem;font-size:14px;border-bottom:1px solid #d7dbe0;text-align:left}
td,th{vertical-align:top}td{font-variant-numeric:tabular-nums}td[style]{white-space:nowrap}th:empty{padding:0;border:0}
code{font-size:90%;overflow-wrap:anywhere}
td code{display:inline-block;min-width:8rem}
blockquote{margin:1rem 0;padding:.4rem 1rem;border-left:5px solid #b3261e;background:#fbecea}img{max-width:34rem;width:100%}
@page{margin:1.5cm}@media print{body{font-size:10px;max-width:none;margin:0;padding:0}td,th{padding:.15rem .3rem;font-size:9px}
h2,h3{break-after:avoid}tr,img,blockquote{break-inside:avoid}img{max-width:11cm}}"""


def page(title: str, text: str, plots: Mapping[str, bytes]) -> str:
    """The page of a card. `text` is its Markdown, `plots` its PNGs by name; HTML in the Markdown is shown as text."""
    from markdown_it import MarkdownIt

    reader = MarkdownIt("commonmark", {"html": False}).enable("table")

    def image(_: Any, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        token = tokens[at]
        name = str(token.attrGet("src")).removeprefix(f"{PLOTS}/")
        data = base64.b64encode(plots[name]).decode()
        return f'<img alt="{html.escape(token.content)}" src="data:image/png;base64,{data}">'

    reader.add_render_rule("image", image)
    head = (
        f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f'<meta name="viewport" content="width=device-width"><title>{html.escape(title)}</title><style>{STYLE}</style>'
    )
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>\n{reader.render(text)}</body></html>\n'
