"""The server-rendered review pages."""
