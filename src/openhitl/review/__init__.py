"""The door people and agents meet: routes on plain values, and the pages."""
