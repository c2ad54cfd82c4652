"""The `hitl` command: one file per command group in `commands`, found by name, loaded one at a time."""
