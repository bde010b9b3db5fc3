"""Benchmarks and evaluation (the extra `topicbot[bench]`)."""
