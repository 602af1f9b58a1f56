"""The server's end of the control channel: workers, wanted sets, requests."""
