"""Composition root: command line, supervisor, HTTP, store, and intent turned into commands."""
