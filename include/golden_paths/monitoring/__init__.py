"""A model that watches itself: what it was trained on, what it is asked now, and what follows from the difference."""
