"""From files to problems."""
