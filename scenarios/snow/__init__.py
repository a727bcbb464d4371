"""Snow after a storm: the heaps along cleared streets, and hauling them to snow dumps."""
