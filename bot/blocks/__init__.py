"""What people see in Slack: pure functions from the library's objects to Block Kit. Nothing here talks to Slack.

Article text goes into `rich_text` elements only, where Slack reads no markup. `text.py` holds the one escape for
everything that Slack does read (the notification line), and the one way to cut.
"""
