"""Starts, watches, restarts and stops the processes. Imports nothing heavy, holds no state."""
