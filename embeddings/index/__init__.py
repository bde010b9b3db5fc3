"""What is searched: one protocol, two implementations."""
