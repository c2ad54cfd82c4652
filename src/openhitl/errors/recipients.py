"""What keeps an agent from asking end to end encrypted, or from believing an answer."""

from __future__ import annotations

from openhitl.errors.families import PeerError
from openhitl.errors.sealed import EnvelopeRefused


class NewPerson(PeerError):
    """The server names somebody to encrypt to whom this agent does not know."""

    code = "new_person"
    permanent = True


class RenamedPerson(PeerError):
    """The server calls somebody whom this agent knows by another name."""

    code = "renamed_person"
    permanent = True


class NotEndToEnd(PeerError):
    """This server cannot carry what is end-to-end encrypted."""

    code = "not_end_to_end"
    permanent = True
    hint = "It must be OpenHITL. `hitl proxy` and hitl-cli can encrypt to older ones, less safely."


class NotEncrypted(EnvelopeRefused):
    """That question was not encrypted by this agent."""

    code = "not_encrypted"
    hint = "Wait for it without end-to-end encryption, or with the key that asked."


class AnswerToAnother(EnvelopeRefused):
    """The encrypted answer is to another question."""

    code = "answer_to_another"


class UnfitAnswer(EnvelopeRefused):
    """The encrypted answer is none that this question takes."""

    code = "unfit_answer"
