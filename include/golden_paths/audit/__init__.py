"""Why a version served: collected from MLflow, the event log, Marquez and the cluster, and packed so that a change shows."""
