"""Selective forwarding: publications, subscriptions, layers and the fan-out."""
