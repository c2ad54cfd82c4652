"""The HITL Protocol v0.8 as types and rules: no clock, randomness, input, output or framework."""
