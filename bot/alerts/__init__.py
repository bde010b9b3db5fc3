"""Alerts: what is new on what somebody asked about."""
