"""Inside an HTTP client: whoever calls a service gets the human's answer as if it had come at once.

One module for each client, loaded only by who uses it: `httpx2`, `httpx`, `requests`.
"""
