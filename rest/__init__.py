"""REST: the base that every API of the simulator shares, and /api/v1/."""
