"""A command that has others below it, and stands for one of them: `audit NAME` is `audit pack NAME`."""

from __future__ import annotations

from typing import Any, ClassVar

import typer


class GroupWithDefault(typer.core.TyperGroup):
    """What names none of its commands is for `default`. An argument that is called like a command follows that word."""

    default: ClassVar[str]

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the default before what names no command."""
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = [self.default, *args]
        return super().parse_args(ctx, args)


def group(default: str, *, help: str) -> typer.Typer:
    """A group of commands; one that is called `default` is to be among them."""
    kind = type("Group", (GroupWithDefault,), {"default": default})
    return typer.Typer(cls=kind, no_args_is_help=True, help=help)
