"""Threads, a worker process, signals, progress, files written whole or not at all."""
