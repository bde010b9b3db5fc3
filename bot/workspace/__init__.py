"""One Slack workspace, which ones are served, and with whose token."""
