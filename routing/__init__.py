"""Streets to travel times: reading maps, the arc-based network, matrices and paths."""
