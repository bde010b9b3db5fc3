"""What is said to the bot beside questions to the articles."""
