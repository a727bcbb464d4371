"""Many runs at once: independent tasks, kept by their content, on threads or on a cluster."""
