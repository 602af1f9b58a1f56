"""Socket.IO: one ordered inbox and one bounded outbox per connection."""
