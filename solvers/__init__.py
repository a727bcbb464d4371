"""A problem to a plan: the model, its slow and obvious evaluation, and the backends."""
