"""Changes the state and notifies the gateway: messages and commands."""
