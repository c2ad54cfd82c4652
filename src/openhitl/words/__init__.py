"""Catalogues and the words people read."""
