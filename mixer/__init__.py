"""Media: transport, forwarding, sound and picture. Nothing in here knows a person or a room."""
