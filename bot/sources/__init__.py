"""Feeds and pages that are polled, and what people share."""
