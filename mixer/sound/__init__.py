"""Sound process: jitter buffers, Opus, buses and mix-minus."""
