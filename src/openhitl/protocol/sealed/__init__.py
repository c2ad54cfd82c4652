"""Cases and notices that only the devices of people can read."""
