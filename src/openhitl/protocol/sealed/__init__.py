"""End-to-end encryption: what only devices and agents can read. docs/envelopes.md.

Pure, as the whole protocol is: keys, nonces and instants are arguments. It loads `cryptography` and
PyNaCl, so whoever merely asks in the clear must not import it.
"""
