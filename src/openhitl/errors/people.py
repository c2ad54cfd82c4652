"""What is refused of people, and to them."""

from __future__ import annotations

from openhitl.errors.families import CallerError


class SignInRequired(CallerError):
    """Only somebody who is signed in may do this."""

    code = "sign_in_required"
    status = 401
    hint = "Sign in at /sign-in, or with `hitl signin`."


class NotSignedIn(CallerError):
    """That did not let you in: the name, the password, the code or the link is wrong."""

    code = "sign_in_failed"
    status = 401


class SsoFailed(CallerError):
    """That sign-in was begun elsewhere or too long ago, or the provider did not let you in."""

    code = "sso_failed"
    status = 401
    hint = "Start again from the sign-in page."


class SsoRefused(CallerError):
    """The provider knows you, but nobody here is connected with that account of yours."""

    code = "sso_refused"
    status = 403
    hint = "Sign in otherwise and connect the two on your account's page, or ask an owner for an invitation."


class SubjectTaken(CallerError):
    """Somebody else here is connected with that account."""

    code = "subject_taken"
    status = 409


class NotAssignee(CallerError):
    """Somebody else has been asked."""

    code = "not_assignee"
    status = 403


class NotOwner(CallerError):
    """Only owners of this server may do this."""

    code = "not_owner"
    status = 403


class CrossSite(CallerError):
    """This did not come from a page of this server that you have open."""

    code = "cross_site"
    status = 403
    hint = "Reload the page and try again."


class InsufficientScope(CallerError):
    """This credential was made for less."""

    code = "insufficient_scope"
    status = 403


class DeviceKeyTaken(CallerError):
    """A key of this device belongs to another device already, or to one that was revoked."""

    code = "device_key_taken"
    status = 409
    hint = "Make new keys on the device."


class DeviceUnproven(CallerError):
    """These keys are those of a device that is known: only that device can say where it is."""

    code = "device_unproven"
    status = 409
    hint = "Send `proof`, which the device signs with its own key."


class TooManyDevices(CallerError):
    """You have as many devices as a device list holds."""

    code = "too_many_devices"
    status = 409
    hint = "Revoke one that you use no more."


class ListConflict(CallerError):
    """This statement does not follow on the device list as it is now."""

    code = "list_conflict"
    status = 409
    hint = "Load the list and your devices again, and sign what follows on them."


class NameTaken(CallerError):
    """Somebody has this name already."""

    code = "name_taken"
    status = 409


class LastOwner(CallerError):
    """Somebody has to stay the owner of this server."""

    code = "last_owner"
    status = 409
    hint = "Make somebody else an owner first."


class PushOff(CallerError):
    """This server does not push."""

    code = "push_off"
    status = 409
    hint = "Its operator sets HITL_PUSH_CONTACT, or an https address as HITL_BASE_URL."


class WrongNumber(CallerError):
    """That is not the number that the new device shows."""

    code = "wrong_number"


class PairingDenied(CallerError):
    """This device was not let in."""

    code = "pairing_denied"
    status = 403


class PairingOver(CallerError):
    """This pairing was used, or is too old."""

    code = "pairing_over"
    status = 410
    hint = 'Begin anew where you are signed in: "Add a device".'
