"""Finds and quotes: a corpus becomes an index, a question becomes an answer made of slices of the corpus.

The ways in: `index.cli.main` (the command line), `index.build.build` and `index.live.LiveIndex`. What comes out are the
dataclasses of `index.answer`. Nothing here knows of Discord.
"""
