"""Where do checkpoints and artifacts lie?

Objects in a folder or in S3, and what workers of several machines share. May import ``results``, ``config``,
``database`` and what lies below them.
"""
