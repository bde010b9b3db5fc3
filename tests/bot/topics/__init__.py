"""Tests of `bot.topics`."""
