"""How is a study made, found, loaded and checked?

Creation under a lock, the stored specification, samplers and pruners, checks of knobs and classes. May import
``plans``, ``stores`` and what lies below them.
"""
