"""Speaks Slack; knows no feature."""
