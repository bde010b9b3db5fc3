"""Tests of `bot.workspace`."""
