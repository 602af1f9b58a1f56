"""What the line to a receiver carries, by what it reports. Pure: `now` is an argument."""
