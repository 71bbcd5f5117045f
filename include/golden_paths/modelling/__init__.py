"""Fitting and judging models: mostly the child's side of `golden_paths.sandbox`."""
