"""An end-to-end encrypted message is not what it should be. Nothing of it may be shown or acted upon."""

from __future__ import annotations

from openhitl.errors.families import PeerError


class EnvelopeRefused(PeerError):
    """The encrypted message is not what it should be."""

    code = "envelope_refused"
    permanent = True


class InvalidEnvelope(EnvelopeRefused):
    """This is no well-formed envelope."""

    code = "invalid_envelope"


class UnknownEnvelopeVersion(EnvelopeRefused):
    """The envelope is of a version that is not known here."""

    code = "unknown_envelope_version"


class NotEncryptedToKey(EnvelopeRefused):
    """The message was not encrypted to this key."""

    code = "not_encrypted_to_key"


class KeyToAnother(EnvelopeRefused):
    """The key that was handed over opens another message."""

    code = "key_to_another"


class UnknownSender(EnvelopeRefused):
    """The message was encrypted by a key that is not known to be the sender's."""

    code = "unknown_sender"


class EnvelopeChanged(EnvelopeRefused):
    """The encrypted message was changed on its way, or is not from whom it says."""

    code = "envelope_changed"


class EnvelopeMoved(EnvelopeRefused):
    """The encrypted message belongs to another case."""

    code = "envelope_moved"


class WrongDirection(EnvelopeRefused):
    """The encrypted message is of another kind than what it was presented as."""

    code = "wrong_direction"


class EnvelopeReplayed(EnvelopeRefused):
    """The encrypted message is older than one that was seen before."""

    code = "envelope_replayed"
