"""Provenance: what each step read and made, as OpenLineage events, from source file to endpoint."""
