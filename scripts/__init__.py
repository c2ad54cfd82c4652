"""What the project needs to be made, and its users do not."""
