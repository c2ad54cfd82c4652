"""The rules of the protocol, tested as values: no clock, network or storage."""
