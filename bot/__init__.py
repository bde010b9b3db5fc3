"""The command line of topicbot, over the library of articles in `embeddings`."""
