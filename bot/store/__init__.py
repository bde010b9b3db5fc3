"""What the bot itself remembers, in one database beside the library: deliveries, questions, channels, watches."""
