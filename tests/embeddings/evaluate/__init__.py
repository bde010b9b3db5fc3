"""Tests of the measures, and of the questions with known answers."""
