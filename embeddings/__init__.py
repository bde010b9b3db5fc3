"""The library of articles: reads, stores, searches and cites them. Knows nothing of Slack, environment or clock.

    with Library("my-library") as library:
        for found in read(Path("article.md")):
            if not isinstance(found, SourceError):
                library.add(found)
        answer = library.ask("what did Alibaba pledge?")

The submodules are imported by name, so that importing one never loads PyTorch before it is needed.
"""
