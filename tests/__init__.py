"""Tests: `unit` mirrors the source, `sim` runs in virtual time, `system` starts real processes."""
