"""Where to put collection points, eco islands, water points and wash stations."""
