"""A model that serves, watched: what it was trained on, what it is asked now, and what follows from that."""
