"""Keeping the bot running: health and metrics, backups, forgetting, and what people may ask to have of theirs."""
