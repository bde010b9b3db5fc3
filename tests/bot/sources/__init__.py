"""Tests of `bot.sources`."""
