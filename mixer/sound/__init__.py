"""The sound process: jitter buffers, mix-minus, limiter, Opus and AAC.

Source: ours, over libopus and FFmpeg. `docs/sound.md` tells how it is put together.
"""
