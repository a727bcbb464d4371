"""A plan in people's hands: audit, sheets, maps, figures."""
