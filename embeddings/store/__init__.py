"""Where articles live: SQLite is the truth, the FAISS index a cache of its vectors."""
