"""A black-box test of any HITL service: nothing here knows our own server or its wire code.

A *check* is a named requirement and a small function that tries it; a *probe* gives it the service.
`run` runs the checks, `report` and `junit` say what they found.
"""
