"""Who gets in, what they may see and do, and the log of it."""
