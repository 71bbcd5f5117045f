"""A version's way to the users of a Kubernetes cluster: its objects, its canary and its lease."""
