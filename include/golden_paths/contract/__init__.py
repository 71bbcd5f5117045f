"""What a team promises of its training data, in one YAML file: read, checked against a frame, and drafted from one."""
