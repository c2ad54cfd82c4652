"""Questions that only the devices of people can read. Apart from the rest, for it loads `cryptography`."""
