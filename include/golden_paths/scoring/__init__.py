"""Batch scoring: which version may score an interval, what it answers, and where the answers go."""
