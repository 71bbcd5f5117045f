"""Addresses as they may be shown: what is before an @ is a login, and stays out of logs, events and objects."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit


def without_sign_in(url: str) -> str:
    """A URL without login and password. Raises `ValueError` for what is none, as urlsplit does."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
