"""Performing actions with what the Jupyter server has: its kernels, its contents manager, its machine."""
