"""Measures OpenHITL against the same endpoints on plain FastAPI. `python -m benchmarks.run`."""
