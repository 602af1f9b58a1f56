"""`lianxian demo`: a whole conference held by itself, and a verdict by its recording."""
