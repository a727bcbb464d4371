"""Commands by subject: each parses, tells progress and hands over at once."""
