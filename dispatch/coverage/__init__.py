"""Coverage of sorting in people's hands: figures, the units to be chosen, a page with a map."""
