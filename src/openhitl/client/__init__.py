"""What every program that talks to a server shares: where it is, the key, HTTP and event streams."""
