"""From a question to passages: candidates, features, one fused score, confidence, one passage per text."""
