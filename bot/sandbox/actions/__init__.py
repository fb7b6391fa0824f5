"""What changes the state and tells the gateways of it: messages and commands."""
