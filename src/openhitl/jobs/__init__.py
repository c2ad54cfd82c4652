"""Work that nobody waits for: deadlines, reminders, retention, callbacks."""

from openhitl.jobs.callbacks import CallBack
from openhitl.jobs.engine import Engine
from openhitl.jobs.sweeper import Sweeper
from openhitl.jobs.worker import Worker

__all__ = ["CallBack", "Engine", "Sweeper", "Worker"]
