"""How do workers run on the nodes of a Ray cluster?

A part of ``launch``, and the only place that imports Ray. May import ``launch`` and what lies below it.
"""
