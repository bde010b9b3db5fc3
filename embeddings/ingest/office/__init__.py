"""Office papers and mail: each format's module reads bytes into articles."""
