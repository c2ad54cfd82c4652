"""Where rules meet storage: review cases as the doors use them."""

from openhitl.cases.casebook import Casebook
from openhitl.store.records import Draft, StoredCase

__all__ = ["Casebook", "Draft", "StoredCase"]
