"""What is wrong with a device list that a server hands out."""

from __future__ import annotations

from openhitl.errors.families import PeerError


class InvalidDeviceList(PeerError):
    """This is no device list."""

    code = "invalid_device_list"
    permanent = True


class DeviceListOfAnother(InvalidDeviceList):
    """This is the device list of somebody else."""

    code = "device_list_of_another"


class DuplicateDeviceKeys(InvalidDeviceList):
    """Two devices of the list have the same key."""

    code = "duplicate_device_keys"


class DeviceListBroken(InvalidDeviceList):
    """A statement of the device list does not follow on the one before it."""

    code = "device_list_broken"


class DeviceListByStranger(InvalidDeviceList):
    """A statement of the device list was signed by a device that may not sign it."""

    code = "device_list_by_stranger"


class DeviceListUnsigned(InvalidDeviceList):
    """A statement of the device list was not signed by the device that it names."""

    code = "device_list_unsigned"


class AnotherIdentity(InvalidDeviceList):
    """The device list begins with another identity key than the one that is known."""

    code = "another_identity"
    hint = "Ask the person, not the server, whether they began anew, and compare the six words."


class DeviceListRolledBack(InvalidDeviceList):
    """The device list is older than the one that is known."""

    code = "device_list_rolled_back"


class DeviceListForked(InvalidDeviceList):
    """The device list says something else than before at a number that is known."""

    code = "device_list_forked"
