"""Compiled kernels; they import numpy, numba and one another, nothing else."""
