"""Measurements with limits: `python -m bench NAME [--json]`."""
