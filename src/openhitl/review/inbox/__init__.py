"""The person's side: what waits for them, as pages and over HTTP."""
