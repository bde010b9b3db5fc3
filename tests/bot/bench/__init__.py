"""Tests of `bot.bench`."""
