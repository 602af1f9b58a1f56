"""Picture process: decoding, layouts, captions and encoding of the programme."""
