"""Golden Paths: from one YAML file to a served, checked and documented model.

This package is the domain. It never imports airflow: the same code runs in an Airflow worker, in a pod, from the
command line and from a notebook.
"""

__version__ = "0.1.0"
