"""Tests of what is said to the bot beside questions."""
