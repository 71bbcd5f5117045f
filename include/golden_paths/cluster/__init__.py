"""A Kubernetes cluster, as plain JSON: no generated classes, and `kubernetes` imported when it is first asked."""
