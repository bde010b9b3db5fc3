"""Tests of `bot.server`."""
