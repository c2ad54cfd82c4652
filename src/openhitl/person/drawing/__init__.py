"""A case as lines of text: the same on a plain terminal and in the inbox that fills it."""
