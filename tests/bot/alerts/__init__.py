"""Tests of `bot.alerts`."""
