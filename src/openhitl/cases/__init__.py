"""Where rules meet storage: review cases as the doors use them."""

from openhitl.cases.casebook import Casebook
from openhitl.cases.urls import CaseUrls
from openhitl.store.records import Draft, Outcome, StoredCase

__all__ = ["CaseUrls", "Casebook", "Draft", "Outcome", "StoredCase"]
