"""Where are the decoded images kept?

One cache per data folder and image size, shared by all workers of a machine. A part of ``data``. May import ``data``
and what lies below it.
"""
