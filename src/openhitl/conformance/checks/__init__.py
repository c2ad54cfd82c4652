"""The checks, one file an area, in the order in which they are made."""

from __future__ import annotations

from openhitl.conformance.check import checks_of
from openhitl.conformance.checks import (
    discovery,
    errors,
    event_stream,
    hitl_object,
    hostile_input,
    inline_submit,
    lifecycle,
    polling,
    rate_limit,
    respond,
    review_page,
    tokens,
)

#: What uses up an allowance of the service comes last.
AREAS = {
    module.__name__.rpartition(".")[2]: checks_of(module)
    for module in (
        discovery,
        hitl_object,
        tokens,
        review_page,
        polling,
        respond,
        inline_submit,
        errors,
        hostile_input,
        event_stream,
        lifecycle,
        rate_limit,
    )
}
