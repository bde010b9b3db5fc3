"""`python -m bot` is the same as `topicbot`."""

from bot.cli import app

if __name__ == "__main__":
    app(prog_name="topicbot")
