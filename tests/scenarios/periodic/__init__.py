"""Days of visits: patterns, the periodic model, usual trucks, what is stored."""
