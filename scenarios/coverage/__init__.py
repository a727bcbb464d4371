"""How many villages and compounds sort their waste, and which more would reach the target."""
