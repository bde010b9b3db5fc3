"""The library of articles: reads, stores, searches and cites them. Knows nothing of Slack, environment or clock.

    from embeddings.library import Library

    with Library.open("my-library") as library:
        for article in read("article.md"):
            library.add(article)
        answer = library.ask("what did Alibaba pledge?")

The submodules are imported by name, so that importing one never loads PyTorch before it is needed.
"""
