"""The steps of golden paths: one file each."""
