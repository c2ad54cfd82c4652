"""The pages of a form: which steps have fields, and where the answers are checked."""

from __future__ import annotations

from collections.abc import Sequence

from openhitl.protocol.fields import Field
from openhitl.protocol.forms import Form, Step
from openhitl.protocol.record import record


@record(frozen=True, slots=True)
class Wizard:
    """A form as numbered pages, from 1. A form without steps is one page."""

    form: Form

    @property
    def is_stepped(self) -> bool:
        return self.form.has_steps

    @property
    def total(self) -> int:
        return len(self.form.steps)

    @property
    def check_number(self) -> int:
        """The declared step on which answers are checked: a last one without fields; 0 for none.

        HITL v0.8 §10.3.2: an empty `fields` array makes a summary step.
        """
        steps = self.form.steps
        return len(steps) if len(steps) > 1 and not steps[-1].fields else 0

    @property
    def last_number(self) -> int:
        """The last page with something to fill in."""
        return self.total - 1 if self.check_number else self.total

    @property
    def field_numbers(self) -> range:
        return range(1, self.last_number + 1)

    def step(self, number: int) -> Step:
        return self.form.steps[number - 1]

    def fields(self, number: int) -> Sequence[Field]:
        return self.step(number).fields


def wizard_of(form: Form) -> Wizard:
    """Lay a form out as pages."""
    return Wizard(form)
