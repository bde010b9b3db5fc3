"""Much at once: many processes encode articles, here or on a cluster; one writes them, in their order."""
