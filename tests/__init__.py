"""Tests mirror the packages; `flows` has one file for each way through the product."""
