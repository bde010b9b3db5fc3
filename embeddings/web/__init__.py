"""May it be fetched, and fetch it politely."""
