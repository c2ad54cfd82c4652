"""OpenHITL: any agent can ask a human, any service can demand one."""

__version__ = "0.1.0"
