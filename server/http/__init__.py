"""Pages, the HTTP interface, metrics."""
