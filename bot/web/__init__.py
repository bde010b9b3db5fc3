"""The library in a browser, over HTTP and by MCP: the same answers as in Slack and on the command line."""
