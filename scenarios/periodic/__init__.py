"""Which days of a week or two each collection point is visited on, and by whom."""
