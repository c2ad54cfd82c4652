"""The history of the schema. Each step expands first; what is no longer used goes a version later."""
