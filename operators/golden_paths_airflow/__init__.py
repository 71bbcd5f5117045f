"""The Airflow side of Golden Paths: thin operators, and the factory that turns specs into DAGs."""
