"""A notifier that writes down what it is told, and one that fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from airflow.sdk.bases.notifier import BaseNotifier


class Noted(BaseNotifier):
    template_fields = ("text",)

    def __init__(self, file: str, text: str) -> None:
        super().__init__()
        self.file, self.text = file, text

    def notify(self, context: Any) -> None:
        with Path(self.file).open("a") as stream:
            stream.write(self.text + "\n")


class Down(BaseNotifier):
    def __init__(self) -> None:
        raise ConnectionError("the mail server is down")
