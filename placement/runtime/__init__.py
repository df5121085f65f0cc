"""Threads, a worker process, signals, progress, atomic writes of files."""
