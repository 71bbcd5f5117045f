"""A step in a pod: what is sent to it, what it is, how it runs there, and what comes back."""
