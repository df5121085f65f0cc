"""Threads, a worker process, signals, progress, and files that are whole or absent: nothing of students."""
