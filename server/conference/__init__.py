"""The running event: cores, store and workers held together. Knows no sockets."""
