"""Load on a running bot, beside the stand-in for Slack. Run by hand; not part of the suite."""
