"""The model card: a page on one version, from what was recorded alone. It is complete, or it is refused."""
