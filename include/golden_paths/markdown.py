"""Text of others as part of a Markdown page."""

from __future__ import annotations


def escape(text: str) -> str:
    """A spec's text as plain Markdown text: no links, images, tables, formulas or HTML come out of a spec."""
    return "".join(f"\\{sign}" if sign in r"\`*_{}[]()#+!|<>~$&" else sign for sign in " ".join(text.split()))
