"""Simulated sites: media loops made at set-up, and a lean client that plays them."""
