"""Settings and code that solve problems."""
