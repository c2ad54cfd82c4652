"""Records: dataclasses that nobody changes.

The type checker takes `record` for `dataclasses.dataclass`, so that `frozen=True` holds wherever it
looks. The run time leaves `frozen` out: setting each field past the freeze makes a record five times
as dear, and every request makes a dozen of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__all__ = ["record"]

if TYPE_CHECKING:
    from dataclasses import dataclass as record
else:
    from dataclasses import dataclass

    def record(*, frozen: bool, slots: bool, kw_only: bool = False) -> Any:
        """Return a class decorator: fields, `==` and `hash` as those of a frozen dataclass."""
        return dataclass(slots=slots, kw_only=kw_only, unsafe_hash=frozen)
