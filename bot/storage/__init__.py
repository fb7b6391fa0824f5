"""What is stored: settings, the link between a reply and its prompt, jobs. SQLite by default, PostgreSQL by URL."""
