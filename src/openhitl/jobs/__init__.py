"""Work that nobody waits for: deadlines, reminders, retention."""

from openhitl.jobs.sweeper import Sweeper

__all__ = ["Sweeper"]
