"""Media process: composes transport and forwarding behind the control channel."""
