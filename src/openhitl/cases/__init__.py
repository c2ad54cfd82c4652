"""Where rules meet storage: review cases as the doors use them."""

from openhitl.cases.casebook import Casebook
from openhitl.cases.inboxes import HistoryFilter, HistoryPage, Inboxes
from openhitl.store.history import EndedAt, Sought
from openhitl.store.records import Draft, Notice, StoredCase

__all__ = [
    "Casebook",
    "Draft",
    "EndedAt",
    "HistoryFilter",
    "HistoryPage",
    "Inboxes",
    "Notice",
    "Sought",
    "StoredCase",
]
