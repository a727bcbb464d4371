"""Compiled kernels of scenarios; they import numpy, numba and kernels only."""
