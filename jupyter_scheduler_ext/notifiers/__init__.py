"""Telling people: what is told is decided by `engine.notices`, how it reaches them stands here."""
