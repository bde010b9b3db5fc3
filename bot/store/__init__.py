"""The bot's own database: tables, migrations, leases."""
