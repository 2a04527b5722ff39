"""Where results come from, what invalidates them, and how they are written."""
