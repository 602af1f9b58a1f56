"""What outlives the process: intent, people's places, links, audit. SQLite by default."""
