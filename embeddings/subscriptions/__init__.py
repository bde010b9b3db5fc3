"""Feeds and pages that are polled."""
