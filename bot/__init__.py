"""Puts the answers of `index` before people: on Discord, or in a terminal."""
