"""How the bot's database came to its present tables."""
