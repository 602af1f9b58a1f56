"""What is on air and in preview: the one core that decides it."""
