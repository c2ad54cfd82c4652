"""The table of devices: their keys, their list, and how they come in."""

from __future__ import annotations

from openhitl.review.accounts import device_desk, own_devices, pairing_in, pairings
from openhitl.review.router import Route

#: What programs use too.
DEVICE_ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        pattern="/api/v1/devices",
        handler=own_devices.listing,
        summary="List your devices and their public keys",
        codes=(200, 401, 503),
        credential="person",
    ),
    Route(
        method="POST",
        pattern="/api/v1/devices",
        handler=own_devices.register,
        summary="Register the public keys of the device where you are signed in",
        codes=(201, 400, 401, 403, 409, 413, 415, 422, 429, 503),
        credential="person",
    ),
    Route(
        method="POST",
        pattern="/api/v1/devices/{device_id}/revoke",
        handler=own_devices.revoke,
        summary="Revoke a device of yours, and sign it out",
        codes=(204, 400, 401, 403, 404, 413, 503),
        credential="person",
    ),
    Route(
        method="GET",
        pattern="/api/v1/device-list",
        handler=own_devices.show_list,
        summary="Show your device list: the statements that your devices have signed",
        codes=(200, 401, 503),
        credential="person",
    ),
    Route(
        method="POST",
        pattern="/api/v1/device-list",
        handler=own_devices.sign_list,
        summary="Add the next signed statement to your device list",
        codes=(201, 400, 401, 403, 409, 413, 415, 422, 429, 503),
        credential="person",
    ),
    Route(
        method="POST",
        pattern="/api/v1/pairings",
        handler=pairings.begin,
        summary="Make a code with which a device of yours comes in",
        codes=(201, 400, 401, 403, 413, 429, 503),
        credential="person",
    ),
    Route(
        method="GET",
        pattern="/api/v1/pairings/{pairing_id}",
        handler=pairings.show,
        summary="Say which device has claimed your code",
        codes=(200, 401, 404, 503),
        credential="person",
    ),
    Route(
        method="POST",
        pattern="/api/v1/pairings/{pairing_id}/allow",
        handler=pairings.allow,
        summary="Let the device in that shows a number",
        codes=(200, 400, 401, 403, 404, 409, 410, 413, 415, 422, 503),
        credential="person",
    ),
    Route(
        method="POST",
        pattern="/api/v1/pairings/{pairing_id}/deny",
        handler=pairings.deny,
        summary="Let nobody in by a pairing",
        codes=(204, 400, 401, 403, 404, 410, 413, 503),
        credential="person",
    ),
    Route(
        method="POST",
        pattern="/api/v1/pairings/claim",
        handler=pairings.claim,
        summary="Claim a pairing by its code, as the new device",
        codes=(201, 400, 403, 404, 409, 413, 415, 422, 429, 503),
    ),
    Route(
        method="POST",
        pattern="/api/v1/pairings/session",
        handler=pairings.enter,
        summary="Sign in as a new device that was allowed, once",
        codes=(200, 202, 400, 401, 403, 410, 413, 415, 422, 503),
    ),
)

#: For people.
DEVICE_PAGES: tuple[Route, ...] = (
    Route(
        method="GET",
        pattern="/devices",
        handler=device_desk.page,
        summary="One's own devices and their keys",
        codes=(200, 303, 401, 503),
        credential="person",
        html=True,
    ),
    Route(
        method="POST",
        pattern="/devices/{device_id}/revoke",
        handler=device_desk.revoke,
        summary="Revoke a device, and sign it out",
        codes=(303, 400, 401, 403, 404, 413, 503),
        credential="person",
        html=True,
    ),
    Route(
        method="POST",
        pattern="/devices/pairings",
        handler=device_desk.begin,
        summary="Make a code with which a device comes in, and show it",
        codes=(200, 400, 401, 403, 413, 429, 503),
        credential="person",
        html=True,
    ),
    Route(
        method="GET",
        pattern="/devices/pairings/{pairing_id}",
        handler=device_desk.look,
        summary="Which device has claimed the code",
        codes=(200, 303, 401, 404, 422, 503),
        credential="person",
        html=True,
    ),
    Route(
        method="POST",
        pattern="/devices/pairings/{pairing_id}",
        handler=device_desk.decide,
        summary="Let the device in that shows a number, or keep it out",
        codes=(200, 303, 400, 401, 403, 404, 413, 422, 503),
        credential="person",
        html=True,
    ),
    Route(
        method="GET",
        pattern="/pair",
        handler=pairing_in.page,
        summary="The page where a device comes in",
        codes=(200, 503),
        html=True,
    ),
    Route(
        method="POST",
        pattern="/pair",
        handler=pairing_in.claim,
        summary="Claim a pairing by its code",
        codes=(200, 400, 403, 404, 413, 422, 429, 503),
        html=True,
    ),
    Route(
        method="POST",
        pattern="/pair/enter",
        handler=pairing_in.enter,
        summary="Sign in as a device that was let in, once",
        codes=(200, 303, 400, 401, 403, 410, 413, 503),
        html=True,
    ),
)
